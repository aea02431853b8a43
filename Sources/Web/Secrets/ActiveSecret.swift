import Billing
import Cryptography

/// One active secret, described without revealing it.
struct ActiveSecret: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case webhook
        case link
        case apiKey = "api_key"

        /// The setting that holds the secret.
        var setting: String {
            switch self {
            case .webhook: "STRIPE_WEBHOOK_SECRET"
            case .link: "LINK_SIGNING_SECRET"
            case .apiKey: "API_KEYS"
            }
        }
    }

    let kind: Kind
    /// The position in the setting, counted from 1; the first link secret signs.
    let position: Int
    /// The name of an API key; `nil` for other kinds.
    let name: String?
    /// The scopes of an API key.
    let scopes: Set<Scope>
    let digest: SHA256Digest
    /// The time at which this process first loaded the secret.
    let since: Instant
    let use: SecretUse

    var fingerprint: String { digest.fingerprint }

    /// The label in logs and tables: `1a2b3c4d`, or `console (1a2b3c4d)`.
    var label: String { name.map { "\($0) (\(fingerprint))" } ?? fingerprint }
}
