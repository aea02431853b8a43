import Billing
import JSON
import Storage

/// The body of `POST /v1/erasures`: the customer to erase, and whether to do a dry run.
struct ErasureBody: ObjectBody {
    let key: CustomerKey
    let isDryRun: Bool

    static let names = ["customer", "account", "dry_run"]
    static let example = "{\"customer\":\"cus_…\"}"

    init(_ json: JSONValue) throws(APIError) {
        guard let customer = json.string("customer"), StripeID.isValid(customer) else {
            throw .invalid("customer", "Name the customer by Stripe's id: cus_….")
        }
        key = CustomerKey(customer, account: try json.connectedAccount())
        guard let flag = json["dry_run"] else {
            isDryRun = false
            return
        }
        guard let isDryRun = flag.bool else { throw .invalid("dry_run", "It is true or false.") }
        self.isDryRun = isDryRun
    }
}
