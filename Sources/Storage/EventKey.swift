package import Billing

/// What the log knows an event by: Stripe tells one event to each endpoint in the endpoint's API version, all under
/// the same id.
package struct EventKey: Hashable, Sendable {
    package let id: String
    /// `""` for a body that names none: in a unique index, NULLs would not be equal.
    package let apiVersion: String

    /// PostgreSQL's indexes hold no longer text; Stripe's versions have some twenty characters.
    private static let maximumLength = 255

    package init(_ id: String, apiVersion: String?) {
        self.id = id
        self.apiVersion = String((apiVersion ?? "").unicodeScalars.prefix(Self.maximumLength))
    }

    /// As a cursor and as an operator write it: `evt_…@2025-09-30.clover`.
    package var text: String {
        id.replacing("%", with: "%25").replacing("@", with: "%40") + "@" + apiVersion
    }

    /// The entries that a text may name, the most exact one first; without a version that is the only one of an id.
    package static func readings(of text: String) -> [(id: String, apiVersion: String?)] {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init
        )
        guard parts.count == 2 else { return [(text, nil)] }
        let id = parts[0].replacing("%40", with: "@").replacing("%25", with: "%")
        return [(id, parts[1]), (text, nil)]
    }
}

extension Event {
    package var key: EventKey { EventKey(id, apiVersion: apiVersion) }
}

extension EventEntry {
    package var key: EventKey { EventKey(id, apiVersion: apiVersion) }
}
