import Billing
import Storage

/// The body of `POST /v1/customer_sessions`: the customer, and the URL to return to.
struct SessionBody {
    let customer: CustomerKey
    let owner: String?
    let returnURL: String?

    static let maximumReturnURLBytes = 2048
    private static let names = ["customer", "account", "owner", "return_url"]

    /// Parses the body.
    ///
    /// - Throws: ``APIError`` that names the invalid member.
    init(_ bytes: [UInt8]) throws(APIError) {
        var texts: [String: String] = [:]
        for (name, member) in try Self.members(bytes) {
            guard Self.names.contains(name) else {
                throw APIError(
                    .badRequest,
                    .invalidRequest,
                    code: "parameter_unknown",
                    "This route accepts \(Self.names.joined(separator: ", ")).",
                    parameter: String(name.prefix(64))
                )
            }
            switch member {
            case .null: break
            case .other: throw .invalid(name, "Give it as text.")
            case .text(let text):
                guard texts.updateValue(text, forKey: name) == nil else {
                    throw .invalid(name, "This member was given twice.")
                }
            }
        }
        guard let customer = texts["customer"], StripeID.isValid(customer) else {
            throw .invalid("customer", "Name the customer whose session it is to be, by Stripe's id: cus_….")
        }
        if let account = texts["account"], !StripeID.isValid(account) {
            throw .invalid("account", "Name the connected account by Stripe's id: acct_….")
        }
        if let owner = texts["owner"], !ChainName.isValid(owner) {
            throw .invalid("owner", "This is not an address on chain.")
        }
        if let address = texts["return_url"] {
            guard address.utf8.count <= Self.maximumReturnURLBytes,
                WebOrigin(of: address)?.isSafeOnTheWay == true
            else {
                throw .invalid(
                    "return_url",
                    "Give an https address of at most \(Self.maximumReturnURLBytes) bytes; http is for this machine only."
                )
            }
        }
        self.customer = CustomerKey(customer, account: texts["account"])
        owner = texts["owner"]
        returnURL = texts["return_url"]
    }

    private enum Member {
        case text(String)
        case null
        case other
    }

    private static func members(_ bytes: [UInt8]) throws(APIError) -> [(name: String, member: Member)] {
        let members = try? bytes.withUnsafeBufferPointer { bytes in
            try JSONValue.read(bytes) { json in
                json.members?.map { name, value in
                    (name, value.string.map(Member.text) ?? (value.isNull ? .null : .other))
                }
            }
        }
        guard let members = members ?? nil else {
            throw .invalid("body", "Send a JSON object such as {\"customer\":\"cus_…\"}.")
        }
        return members
    }
}
