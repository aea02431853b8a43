import Billing
import Storage

/// The body of `PUT /v1/customers/{id}`: the users and organizations that the customer belongs to.
struct CustomerBody {
    let account: String?
    /// The stated links: a missing or null list changes nothing, and an empty list removes its links.
    let stated: StatedLinks

    private static let lists: [(name: String, kind: Identity.Kind)] = [
        ("users", .user), ("organizations", .organization),
    ]
    private static let maximumCount = 100

    /// Parses the body.
    ///
    /// - Throws: ``APIError`` that names the invalid member.
    init(_ bytes: [UInt8]) throws(APIError) {
        var refusal: APIError?
        let read = try? bytes.withUnsafeBufferPointer { bytes in
            try JSONValue.read(bytes) { json -> (String?, StatedLinks)? in
                guard let members = json.members else { return nil }
                do throws(APIError) {
                    return try Self.read(Array(members))
                } catch {
                    refusal = error
                    throw error
                }
            }
        }
        if let refusal { throw refusal }
        guard let (account, stated) = read ?? nil else {
            throw .invalid("body", "Send a JSON object such as {\"users\":[\"auth0|…\"]}.")
        }
        self.account = account
        self.stated = stated
    }

    private static func read(
        _ members: [(name: String, value: JSONValue)]
    ) throws(APIError) -> (String?, StatedLinks) {
        var account: String?
        var stated: StatedLinks = [:]
        var seen: Set<String> = []
        for (name, value) in members {
            guard seen.insert(name).inserted else { throw .invalid(name, "This member was given twice.") }
            if let list = lists.first(where: { $0.name == name }) {
                if !value.isNull { stated[list.kind] = try ids(value, of: list) }
            } else if name == "account" {
                account = value.string
                guard value.isNull || account.map(StripeID.isValid) == true else {
                    throw .invalid(name, "Name the connected account by Stripe's id: acct_….")
                }
            } else {
                throw APIError(
                    .badRequest,
                    .invalidRequest,
                    code: "parameter_unknown",
                    "This route accepts users, organizations, account.",
                    parameter: String(name.prefix(64))
                )
            }
        }
        return (account, stated)
    }

    private static func ids(
        _ value: JSONValue,
        of list: (name: String, kind: Identity.Kind)
    ) throws(APIError) -> Set<String> {
        guard let elements = value.elements.map(Array.init), elements.count <= maximumCount else {
            throw .invalid(list.name, "Give a list of at most \(maximumCount) ids.")
        }
        var ids: Set<String> = []
        for element in elements {
            guard let identity = element.string.flatMap({ Identity(list.kind, $0) }) else {
                throw .invalid(
                    list.name,
                    "Each is an id, of 1 to \(Identity.maximumLength) printable ASCII characters."
                )
            }
            ids.insert(identity.id)
        }
        return ids
    }
}
