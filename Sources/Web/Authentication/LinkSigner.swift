package import Billing
package import Storage
import Webhooks

/// What a link is good for: one purpose about one transaction, as long as it is that customer's.
package struct TransactionLink: Sendable {
    /// What a link opens; it is signed, so that a link made for one never opens another.
    package enum Purpose: String, Sendable {
        case receipt
        case nextAction = "next_action"
    }

    let transaction: String
    /// `nil` for a payment without a customer.
    let owner: CustomerKey?
    let purpose: Purpose

    package init(transaction: String, owner: CustomerKey?, for purpose: Purpose) {
        self.transaction = transaction
        self.owner = owner
        self.purpose = purpose
    }

    init(_ row: Transaction, for purpose: Purpose) {
        self.init(transaction: row.id, owner: row.owner, for: purpose)
    }
}

/// Signs links, so that a plain `<a href>` opens what it leads to without any other credential.
///
/// A link is good for one transaction, for one purpose, until it expires.
package struct LinkSigner: Sendable {
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
    package func receiptLink(_ link: TransactionLink, now: Instant) -> String {
        let path = PathSegment.encoded(link.transaction)
        return "\(publicURL)/v1/transactions/\(path)/receipt?\(query(link, now: now))"
    }

    /// What makes the address of a link good without any other credential.
    package func query(_ link: TransactionLink, now: Instant) -> String {
        let expires = now.adding(seconds: lifetimeSeconds).unixSeconds
        let signature = secrets.sign(Self.message(link, expires)).hex
        return "expires=\(expires)&signature=\(signature)"
    }

    enum Verdict { case good, expired, forged }

    func verdict(on link: TransactionLink, expires: String, signature: String, now: Instant) -> Verdict {
        guard let seconds = Int64(expires), String(seconds) == expires,
            let presented = AuthenticationCode(hex: signature.utf8)
        else { return .forged }
        let message = Self.message(link, seconds)
        guard let signer = secrets.signer(of: message, presented: presented) else { return .forged }
        guard now.unixSeconds < seconds else { return .expired }
        signer.use.use(at: now)
        return .good
    }

    // The purpose comes first, so that no signature made for anything else can ever pass for this one.
    // No id has a line break in it.
    private static func message(_ link: TransactionLink, _ expires: Int64) -> [UInt8] {
        let (account, customer) = (link.owner?.account ?? "", link.owner?.customer ?? "")
        let parts = [link.purpose.rawValue, "\(expires)", account, customer, link.transaction]
        return Array(parts.joined(separator: "\n").utf8)
    }
}
