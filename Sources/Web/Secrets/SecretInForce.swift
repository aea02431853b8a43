package import Billing
package import Cryptography

/// One secret in force, described without revealing it.
package struct SecretInForce: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case webhook
        case link
        case apiKey = "api_key"

        /// The setting that holds the secret.
        package var setting: String {
            switch self {
            case .webhook: "STRIPE_WEBHOOK_SECRET"
            case .link: "LINK_SIGNING_SECRET"
            case .apiKey: "API_KEYS"
            }
        }
    }

    package let kind: Kind
    /// The position in the setting, counted from 1; the first link secret signs.
    package let position: Int
    /// The name of an API key; `nil` for other kinds.
    package let name: String?
    /// The scopes of an API key.
    package let scopes: Set<Scope>
    package let digest: SHA256Digest
    /// The time at which this process first loaded the secret.
    package let since: Instant
    package let use: SecretUse

    package var fingerprint: String { digest.fingerprint }

    /// The label in logs and tables: `1a2b3c4d`, or `console (1a2b3c4d)`.
    package var label: String { name.map { "\($0) (\(fingerprint))" } ?? fingerprint }
}
