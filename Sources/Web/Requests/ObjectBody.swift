import Billing
import JSON

/// Reads a request's body that is one JSON object.
enum ObjectBody {
    /// Parses the body, and refuses unknown members and members that are given twice.
    ///
    /// - Parameters:
    ///   - bytes: The body.
    ///   - names: The members that the route takes.
    ///   - example: A valid body, for the error message.
    ///   - read: Reads the object.
    /// - Returns: The result of `read`.
    /// - Throws: ``APIError`` that names the invalid member.
    static func read<Result>(
        _ bytes: [UInt8],
        taking names: [String],
        example: String,
        _ read: (JSONValue) throws(APIError) -> Result
    ) throws(APIError) -> Result {
        do {
            return try JSONValue.read(bytes) { json in
                try refuse(json, otherThan: names, example)
                return try read(json)
            }
        } catch let error as APIError {
            throw error
        } catch {
            throw notAnObject(example)
        }
    }

    private static func refuse(
        _ json: JSONValue,
        otherThan names: [String],
        _ example: String
    ) throws(APIError) {
        guard let members = json.members else { throw notAnObject(example) }
        var seen: Set<String> = []
        for (name, _) in members {
            guard names.contains(name) else {
                throw APIError(
                    .badRequest,
                    .invalidRequest,
                    code: "parameter_unknown",
                    "This route accepts only \(names.joined(separator: ", ")).",
                    parameter: String(name.prefix(64))
                )
            }
            guard seen.insert(name).inserted else { throw .invalid(name, "This member was given twice.") }
        }
    }

    private static func notAnObject(_ example: String) -> APIError {
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
