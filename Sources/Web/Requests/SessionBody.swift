import Billing
import JSON
import Storage

/// The body of `POST /v1/customer_sessions`: the customer, and the URL to return to.
struct SessionBody: ObjectBody {
    let customer: CustomerKey
    let owner: String?
    let returnURL: String?

    static let maximumReturnURLBytes = 2048
    static let names = ["customer", "account", "owner", "return_url"]
    static let example = "{\"customer\":\"cus_…\"}"

    init(_ json: JSONValue) throws(APIError) {
        guard let customer = try json.optionalText("customer"), StripeID.isValid(customer) else {
            throw .invalid("customer", "Name the customer whose session it is to be, by Stripe's id: cus_….")
        }
        self.customer = CustomerKey(customer, account: try json.connectedAccount())
        owner = try json.optionalText("owner")
        if let owner, !ChainName.isValid(owner) {
            throw .invalid("owner", "This is not an address on chain.")
        }
        returnURL = try json.optionalText("return_url")
        if let returnURL {
            guard returnURL.utf8.count <= Self.maximumReturnURLBytes,
                WebOrigin(of: returnURL)?.isSafeOnTheWay == true
            else {
                throw .invalid(
                    "return_url",
                    "Give an https address of at most \(Self.maximumReturnURLBytes) bytes; http is for this machine only."
                )
            }
        }
    }
}
