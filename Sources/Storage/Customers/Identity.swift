/// A user or an organization of Console, with the id from a token, a header or a customer's metadata.
///
/// One user has several ids: Console's own uuid, and the `sub` of the tokens (`auth0|…`). Both are linked to
/// the customer.
package struct Identity: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable { case user, organization }

    package let kind: Kind
    package let id: String

    package static let maximumLength = 255

    /// - Returns: `nil` unless the id has 1 to 255 printable ASCII characters.
    package init?(_ kind: Kind, _ id: String) {
        let bytes = id.utf8
        guard 1...Self.maximumLength ~= bytes.count, bytes.allSatisfy({ 0x20...0x7E ~= $0 }) else {
            return nil
        }
        self.kind = kind
        self.id = id
    }
}

/// The source of a link, the most trusted first.
package enum LinkOrigin: String, Sendable, CaseIterable {
    /// `PUT /v1/customers/{id}`
    case api
    /// Console's own database.
    case console
    /// `metadata.userId` of a customer of the platform account.
    case stripe
}

/// A link of a customer to a user or an organization.
package struct IdentityLink: Hashable, Sendable {
    package let identity: Identity
    package let origin: LinkOrigin
    /// Whether the link is used: no more trusted origin states any users, or any organizations, of the
    /// customer.
    package let isInForce: Bool
}

/// The users and organizations that one origin states for a customer.
///
/// A missing kind means no statement. An empty set states that there are none.
package typealias StatedLinks = [Identity.Kind: Set<String>]

/// The links of one customer, from the statements of each origin.
package struct CustomerLinks: Sendable, Equatable {
    package let key: CustomerKey
    /// Sorted by kind, origin and id.
    package let links: [IdentityLink]

    package init(_ key: CustomerKey, _ stated: [LinkOrigin: StatedLinks]) {
        self.key = key
        links = Identity.Kind.allCases.flatMap { kind in
            let decisive = LinkOrigin.allCases.first { stated[$0]?[kind] != nil }
            return LinkOrigin.allCases.flatMap { origin in
                (stated[origin]?[kind] ?? []).sorted().compactMap { id in
                    Identity(kind, id).map {
                        IdentityLink(identity: $0, origin: origin, isInForce: origin == decisive)
                    }
                }
            }
        }
    }
}

extension StatedLinks {
    /// As rows of a table; an empty text for a kind with an empty set.
    package var rows: [(kind: Identity.Kind, identity: String)] {
        flatMap { kind, ids in (ids.isEmpty ? [""] : ids.sorted()).map { (kind, $0) } }
    }

    /// Decodes ``rows`` of several origins.
    package static func byOrigin(
        _ rows: some Sequence<(origin: String, kind: String, identity: String)>
    ) -> [LinkOrigin: StatedLinks] {
        rows.reduce(into: [:]) { stated, row in
            guard let origin = LinkOrigin(rawValue: row.origin), let kind = Identity.Kind(rawValue: row.kind)
            else { return }
            stated[origin, default: [:]][kind, default: []].formUnion(
                row.identity.isEmpty ? [] : [row.identity]
            )
        }
    }
}
