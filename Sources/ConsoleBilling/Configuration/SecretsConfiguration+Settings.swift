import Cryptography
import Web
import Webhooks

extension SecretsConfiguration {
    /// The settings that can be reloaded while the service runs.
    static let settings: [Setting] = [.webhookSecret, .linkSigningSecret, .apiKeys]

    /// Reads the secrets and adds their problems to `check`.
    init(_ check: inout SettingCheck) {
        self.init(
            webhook: check.list(.webhookSecret, isRequired: true, Self.endpointSecret),
            links: check.list(.linkSigningSecret, isRequired: true) { secret in
                secret.utf8.count >= 32 ? HMACKey(Array(secret.utf8)) : nil
            },
            keys: check.list(.apiKeys, isRequired: false) { try? APIKey(parsing: $0) }
        )
        if Set(keys.map(\.name)).count < keys.count { check.problems.append("API_KEYS names a key twice.") }
        if !check.parts(.alertWebhookSecret).isDisjoint(with: check.parts(.webhookSecret)) {
            check.problems.append(
                "ALERT_WEBHOOK_SECRET is one of STRIPE_WEBHOOK_SECRET: the receiver of alerts could sign as Stripe. "
                    + "Make another one (echo whsec_$(openssl rand -base64 32))."
            )
        }
    }
    /// The secret of an endpoint of Stripe's.
    static func endpointSecret(_ text: String) -> EndpointSecret? {
        // The id of an endpoint (https://github.com/vercel/nextjs-subscription-payments/issues/387) or a key of
        // Stripe's API is easily pasted here, and of an unset variable only the prefix is left, with which anyone
        // could sign.
        let isWhole = text.hasPrefix("whsec_") && text != "whsec_"
        return isWhole && text.utf8.allSatisfy { 0x21...0x7E ~= $0 } ? try? EndpointSecret(text) : nil
    }
}
