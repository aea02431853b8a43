import Billing
package import Webhooks

/// The secrets of a configuration: what can be changed while the service runs.
package struct SecretSet: Sendable {
    /// Of Stripe's endpoints; any of them verifies a delivery.
    package var webhook: [EndpointSecret]
    /// At least one; the first signs, all verify.
    package var links: [HMACKey]
    package var keys: [APIKey]

    package init(webhook: [EndpointSecret], links: [HMACKey], keys: [APIKey]) {
        self.webhook = webhook
        self.links = links
        self.keys = keys
    }

    /// Without those that are given twice, which would count for one another.
    private var withoutRepetition: SecretSet {
        func first<Secret>(_ secrets: [Secret], _ digest: (Secret) -> SHA256Digest) -> [Secret] {
            var seen: Set<SHA256Digest> = []
            return secrets.filter { seen.insert(digest($0)).inserted }
        }
        return SecretSet(webhook: first(webhook, \.digest), links: first(links, \.digest), keys: keys)
    }

    /// What there is to tell of each secret, in the order of the settings; one that was in force before goes on being
    /// counted where it was.
    ///
    /// - Parameters:
    ///   - standing: What is in force until now.
    ///   - now: Since when a new one is.
    /// - Returns: Each secret once, and what there is to tell of it.
    func described(after standing: [SecretInForce], now: Instant) -> (set: SecretSet, list: [SecretInForce]) {
        let set = withoutRepetition
        func describe(
            _ kind: SecretInForce.Kind,
            _ index: Int,
            _ digest: SHA256Digest,
            name: String? = nil,
            scopes: Set<Scope> = []
        ) -> SecretInForce {
            // A key of another name is another's, though nobody made it anew.
            let same = standing.first { $0.kind == kind && $0.digest == digest && $0.name == name }
            return SecretInForce(
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
