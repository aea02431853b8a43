package import Billing
package import Webhooks

/// One secret that is in force, told by what may be shown of it.
package struct SecretInForce: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case webhook
        case link
        case apiKey = "api_key"

        /// The setting that it comes from.
        package var setting: String {
            switch self {
            case .webhook: "STRIPE_WEBHOOK_SECRET"
            case .link: "LINK_SIGNING_SECRET"
            case .apiKey: "API_KEYS"
            }
        }
    }

    package let kind: Kind
    /// From 1, in the order of the setting; of link secrets the first signs.
    package let position: Int
    /// The name of an API key; nothing else has one.
    package let name: String?
    /// What an API key may be used for.
    package let scopes: Set<Scope>
    package let digest: SHA256Digest
    /// Since when this process has known it.
    package let since: Instant
    package let use: SecretUse

    package var fingerprint: String { digest.fingerprint }

    /// What the log and a table call it: `1a2b3c4d`, or `console (1a2b3c4d)`.
    package var label: String { name.map { "\($0) (\(fingerprint))" } ?? fingerprint }
}
