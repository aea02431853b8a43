package import Billing
import Webhooks

/// Signs links, so that a plain `<a href>` opens what it leads to without any other credential.
///
/// A link is good for one transaction, for one purpose, until it expires.
package struct LinkSigner: Sendable {
    /// What a link opens; it is signed, so that a link made for one never opens another.
    enum Purpose: String {
        case receipt
        case nextAction = "next_action"
    }

    private let secrets: [LinkSecret]
    private let publicURL: String
    private let lifetimeSeconds: Int64

    /// Keeps the secrets, of which there is at least one.
    ///
    /// - Parameters:
    ///   - secrets: The first signs; all verify, so that one can be replaced without breaking links.
    ///   - publicURL: The base of every link, without a final slash.
    ///   - lifetimeSeconds: How long a link is good for.
    init(secrets: [LinkSecret], publicURL: String, lifetimeSeconds: Int64) {
        precondition(!secrets.isEmpty, "configuration requires a secret")
        self.secrets = secrets
        self.publicURL = publicURL
        self.lifetimeSeconds = lifetimeSeconds
    }

    /// The link to a transaction's receipt.
    package func receiptLink(_ transactionID: String, now: Instant) -> String {
        let path = PathSegment.encoded(transactionID)
        return "\(publicURL)/v1/transactions/\(path)/receipt?\(query(transactionID, for: .receipt, now: now))"
    }

    /// What makes a link of ours about a transaction good without any other credential.
    func query(_ transactionID: String, for purpose: Purpose, now: Instant) -> String {
        let expires = now.adding(seconds: lifetimeSeconds).unixSeconds
        let signature = secrets.sign(Self.message(transactionID, purpose, expires)).hex
        return "expires=\(expires)&signature=\(signature)"
    }

    enum Verdict { case good, expired, forged }

    func verdict(
        on transactionID: String,
        for purpose: Purpose,
        expires: String,
        signature: String,
        now: Instant
    ) -> Verdict {
        guard let seconds = Int64(expires), String(seconds) == expires,
            let presented = AuthenticationCode(hex: signature.utf8)
        else { return .forged }
        let message = Self.message(transactionID, purpose, seconds)
        guard let signer = secrets.signer(of: message, presented: presented) else { return .forged }
        guard now.unixSeconds < seconds else { return .expired }
        signer.use.use(at: now)
        return .good
    }

    // The purpose comes first, so that no signature made for anything else can ever pass for this one.
    private static func message(_ transactionID: String, _ purpose: Purpose, _ expires: Int64) -> [UInt8] {
        Array("\(purpose.rawValue)\n\(expires)\n\(transactionID)".utf8)
    }
}
