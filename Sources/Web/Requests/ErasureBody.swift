import Billing
import Storage

/// The body of `POST /v1/erasures`: the customer to erase, and whether to do a dry run.
struct ErasureBody {
    let key: CustomerKey
    let isDryRun: Bool

    private enum Member { case text(String), flag(Bool), null, other }

    /// Parses the body.
    ///
    /// - Throws: ``APIError`` that names the invalid member.
    init(_ bytes: [UInt8]) throws(APIError) {
        var members: [String: Member] = [:]
        for (name, member) in try Self.members(bytes) {
            guard ["customer", "account", "dry_run"].contains(name) else {
                throw APIError(
                    .badRequest,
                    .invalidRequest,
                    code: "parameter_unknown",
                    "This route accepts customer, account, dry_run.",
                    parameter: String(name.prefix(64))
                )
            }
            guard members.updateValue(member, forKey: name) == nil else {
                throw .invalid(name, "This member was given twice.")
            }
        }
        guard case .text(let customer)? = members["customer"], StripeID.isValid(customer) else {
            throw .invalid("customer", "Name the customer by Stripe's id: cus_….")
        }
        var account: String?
        switch members["account"] {
        case nil, .null?: break
        case .text(let id)? where StripeID.isValid(id): account = id
        default: throw .invalid("account", "Name the connected account by Stripe's id: acct_….")
        }
        switch members["dry_run"] {
        case nil, .null?: isDryRun = false
        case .flag(let isDryRun)?: self.isDryRun = isDryRun
        default: throw .invalid("dry_run", "It is true or false.")
        }
        key = CustomerKey(customer, account: account)
    }

    private static func members(_ bytes: [UInt8]) throws(APIError) -> [(name: String, member: Member)] {
        let members = try? bytes.withUnsafeBufferPointer { bytes in
            try JSONValue.read(bytes) { json in
                json.members?.map { name, value in
                    let member: Member =
                        value.string.map(Member.text) ?? value.bool.map(Member.flag)
                        ?? (value.isNull ? .null : .other)
                    return (name, member)
                }
            }
        }
        guard let members = members ?? nil else {
            throw .invalid("body", "Send a JSON object such as {\"customer\":\"cus_…\"}.")
        }
        return members
    }
}
