import Billing
package import Cryptography
package import Webhooks

/// The configured secrets, which can be replaced while the service runs.
package struct SecretsConfiguration: Sendable {
    /// The secrets of Stripe's webhook endpoints; any of them may verify a delivery.
    package var webhook: [EndpointSecret]
    /// At least one secret; the first signs and all verify.
    package var links: [HMACKey]
    package var keys: [APIKey]

    package init(webhook: [EndpointSecret], links: [HMACKey], keys: [APIKey]) {
        self.webhook = webhook
        self.links = links
        self.keys = keys
    }

    /// The set without repeated webhook and link secrets, because the uses of equal secrets cannot be counted
    /// separately.
    private var withoutRepetition: SecretsConfiguration {
        func first<Secret>(_ secrets: [Secret], _ digest: (Secret) -> SHA256Digest) -> [Secret] {
            var seen: Set<SHA256Digest> = []
            return secrets.filter { seen.insert(digest($0)).inserted }
        }
        return SecretsConfiguration(
            webhook: first(webhook, \.digest),
            links: first(links, \.digest),
            keys: keys
        )
    }

    /// Describes each secret once, in the order of the settings; a secret that was already active keeps its
    /// counters.
    func described(
        after standing: [ActiveSecret],
        now: Instant
    ) -> (set: SecretsConfiguration, list: [ActiveSecret]) {
        let set = withoutRepetition
        func describe(
            _ kind: ActiveSecret.Kind,
            _ index: Int,
            _ digest: SHA256Digest,
            name: String? = nil,
            scopes: Set<Scope> = []
        ) -> ActiveSecret {
            // Same key under a new name counts as a new key.
            let same = standing.first { $0.kind == kind && $0.digest == digest && $0.name == name }
            return ActiveSecret(
                kind: kind,
                position: index + 1,
                name: name,
                scopes: scopes,
                digest: digest,
                since: same?.since ?? now,
                use: same?.use ?? SecretUse()
            )
        }
        let list =
            set.webhook.enumerated().map { describe(.webhook, $0, $1.digest) }
            + set.links.enumerated().map { describe(.link, $0, $1.digest) }
            + set.keys.enumerated().map {
                describe(.apiKey, $0, $1.digest, name: $1.name, scopes: $1.scopes)
            }
        return (set, list)
    }
}
