import Billing
import JSON
import Storage

/// The body of `PUT /v1/customers/{id}`: the users and organizations that the customer belongs to.
struct CustomerBody: ObjectBody {
    let account: String?
    /// The stated links: a missing or null list changes nothing, and an empty list removes its links.
    let stated: StatedLinks

    private static let lists: [(name: StaticString, kind: Identity.Kind)] = [
        ("users", .user), ("organizations", .organization),
    ]
    private static let maximumCount = 100

    static let names = lists.map { "\($0.name)" } + ["account"]
    static let example = "{\"users\":[\"auth0|…\"]}"

    init(_ json: JSONValue) throws(APIError) {
        account = try json.connectedAccount()
        var stated: StatedLinks = [:]
        for list in Self.lists {
            if let value = json[list.name] { stated[list.kind] = try Self.ids(value, of: list) }
        }
        self.stated = stated
    }

    private static func ids(
        _ value: JSONValue,
        of list: (name: StaticString, kind: Identity.Kind)
    ) throws(APIError) -> Set<String> {
        guard let elements = value.elements.map(Array.init), elements.count <= maximumCount else {
            throw .invalid("\(list.name)", "Give a list of at most \(maximumCount) ids.")
        }
        var ids: Set<String> = []
        for element in elements {
            guard let identity = element.string.flatMap({ Identity(list.kind, $0) }) else {
                throw .invalid(
                    "\(list.name)",
                    "Each is an id, of 1 to \(Identity.maximumLength) printable ASCII characters."
                )
            }
            ids.insert(identity.id)
        }
        return ids
    }
}
