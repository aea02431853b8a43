import Billing
import JSON

/// A request's body that is one JSON object.
protocol ObjectBody {
    /// The members that the route takes.
    static var names: [String] { get }
    /// A valid body, for the error message.
    static var example: String { get }

    init(_ json: JSONValue) throws(APIError)
}

extension ObjectBody {
    /// Parses the body, and refuses unknown members and members that are given twice.
    ///
    /// - Throws: ``APIError`` that names the invalid member.
    init(_ bytes: [UInt8]) throws(APIError) {
        do {
            self = try JSONValue.read(bytes) { json in
                try Self.refuseOthers(json)
                return try Self(json)
            }
        } catch let error as APIError {
            throw error
        } catch {
            throw Self.notAnObject
        }
    }

    private static func refuseOthers(_ json: JSONValue) throws(APIError) {
        guard let members = json.members else { throw notAnObject }
        var seen: Set<String> = []
        for (name, _) in members {
            guard names.contains(name) else {
                throw APIError(
                    .badRequest,
                    "parameter_unknown",
                    "This route accepts only \(names.joined(separator: ", ")).",
                    parameter: String(name.prefix(64))
                )
            }
            guard seen.insert(name).inserted else { throw .invalid(name, "This member was given twice.") }
        }
    }

    private static var notAnObject: APIError {
        .invalid("body", "Send a JSON object such as \(example).")
    }
}

extension JSONValue {
    /// A text that may be absent or null.
    func optionalText(
        _ key: StaticString,
        _ message: String = "Give it as text."
    ) throws(APIError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.string else { throw .invalid("\(key)", message) }
        return text
    }

    /// The connected account in `account`; absent or null for the platform account.
    func connectedAccount() throws(APIError) -> String? {
        let message = "Name the connected account by Stripe's id: acct_…."
        guard let account = try optionalText("account", message) else { return nil }
        guard StripeID.isValid(account) else { throw .invalid("account", message) }
        return account
    }
}
