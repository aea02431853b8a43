import Billing
import Cryptography
import Webhooks

/// The signing rules that are independent of the secrets; a change needs a restart.
package struct SigningRules: Sendable {
    /// The maximum difference between a delivery's signing time and now.
    package var toleranceSeconds: Int64
    /// The base of every link, without a final slash.
    package var publicURL: String
    package var receiptLinkSeconds: Int64
    /// For links in files, which are opened long after they were made.
    package var exportLinkSeconds: Int64
    package var sessionSeconds: Int64

    package init(
        toleranceSeconds: Int64 = 300,
        publicURL: String,
        receiptLinkSeconds: Int64,
        exportLinkSeconds: Int64,
        sessionSeconds: Int64
    ) {
        self.toleranceSeconds = toleranceSeconds
        self.publicURL = publicURL
        self.receiptLinkSeconds = receiptLinkSeconds
        self.exportLinkSeconds = exportLinkSeconds
        self.sessionSeconds = sessionSeconds
    }
}

/// The secrets at one moment, with the operations that use them.
///
/// A request keeps the secrets of its start until its end, even if they are replaced meanwhile.
final class ActiveSecrets: Sendable {
    let keys: APIKeys
    let links: LinkSigner
    /// Signs the links in exports.
    let exportLinks: LinkSigner
    let sessions: SessionSigner
    /// All secrets, in the order of the settings.
    let list: [ActiveSecret]
    private let verifier: SignatureVerifier
    private let webhookUses: [SecretUse]

    init(_ given: SecretsConfiguration, _ rules: SigningRules, after standing: [ActiveSecret], now: Instant) {
        let (set, list) = given.described(after: standing, now: now)
        func uses(_ kind: ActiveSecret.Kind) -> [SecretUse] { list.filter { $0.kind == kind }.map(\.use) }
        let linkSecrets = zip(set.links, uses(.link)).map { LinkSecret(key: $0, use: $1) }
        self.list = list
        keys = APIKeys(set.keys, uses: uses(.apiKey))
        func signer(lifetimeSeconds: Int64) -> LinkSigner {
            LinkSigner(secrets: linkSecrets, publicURL: rules.publicURL, lifetimeSeconds: lifetimeSeconds)
        }
        links = signer(lifetimeSeconds: rules.receiptLinkSeconds)
        exportLinks = signer(lifetimeSeconds: rules.exportLinkSeconds)
        sessions = SessionSigner(
            secrets: linkSecrets,
            publicURL: rules.publicURL,
            lifetimeSeconds: rules.sessionSeconds
        )
        verifier = SignatureVerifier(secrets: set.webhook, toleranceSeconds: rules.toleranceSeconds)
        webhookUses = uses(.webhook)
    }

    /// Verifies a delivery, and counts the use of the secret that signed it.
    ///
    /// - Throws: The errors of `SignatureVerifier.verify(_:_:now:)`.
    func verify(
        _ body: [UInt8],
        _ header: SignatureHeader,
        now: Instant
    ) throws(SignatureError) -> VerifiedPayload {
        let verified = try verifier.verify(body, header, now: now)
        webhookUses[verified.secretIndex].use(at: now)
        return verified
    }

    /// Placeholder before middleware runs: rejects all keys and signatures.
    static let none = ActiveSecrets(
        SecretsConfiguration(
            webhook: [],
            links: [HMACKey((0..<32).map { _ in .random(in: 0...255) })],
            keys: []
        ),
        SigningRules(
            toleranceSeconds: 0,
            publicURL: "",
            receiptLinkSeconds: 0,
            exportLinkSeconds: 0,
            sessionSeconds: 0
        ),
        after: [],
        now: Instant(unixSeconds: 0)
    )
}
