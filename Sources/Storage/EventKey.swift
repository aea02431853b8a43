package import Billing

/// The key of an event in the log.
///
/// Stripe sends one event to each endpoint in the endpoint's API version, each time with the same id.
package struct EventKey: Hashable, Sendable {
    package let id: String
    /// `""` for a body without a version, because NULLs would not be equal in a unique index.
    package let apiVersion: String

    /// Keeps index entries short; Stripe's versions have about twenty characters.
    ///
    /// PostgreSQL limits an entry to about a third of a page:
    /// https://www.postgresql.org/docs/current/btree.html
    private static let maximumLength = 255

    package init(_ id: String, apiVersion: String?) {
        self.id = id
        self.apiVersion = String((apiVersion ?? "").unicodeScalars.prefix(Self.maximumLength))
    }

    /// The form in cursors and on the command line: `evt_…@2025-09-30.clover`.
    package var text: String {
        id.replacing("%", with: "%25").replacing("@", with: "%40") + "@" + apiVersion
    }

    /// The entries that a text may name, the most exact first; a text without a version names the only entry
    /// of an id.
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
