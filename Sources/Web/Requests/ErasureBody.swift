import Billing
import JSON
import Storage

/// The body of `POST /v1/erasures`: the customer to erase, and whether to do a dry run.
struct ErasureBody {
    let key: CustomerKey
    let isDryRun: Bool

    /// Parses the body.
    ///
    /// - Throws: ``APIError`` that names the invalid member.
    init(_ bytes: [UInt8]) throws(APIError) {
        let names = ["customer", "account", "dry_run"]
        self = try ObjectBody.read(bytes, taking: names, example: "{\"customer\":\"cus_…\"}") {
            json throws(APIError) in try Self(json)
        }
    }

    private init(_ json: JSONValue) throws(APIError) {
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
