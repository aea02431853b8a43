import Billing
import Cryptography
import Storage

/// A signed link's contents: one purpose and one transaction, with the customer that owns the transaction.
struct TransactionLink: Sendable {
    /// The page that a link opens; the purpose is signed, so a link for one purpose opens no other.
    enum Purpose: String, Sendable {
        case receipt
        case nextAction = "next_action"
    }

    let transaction: String
    /// `nil` for a payment without a customer.
    let owner: CustomerKey?
    let purpose: Purpose
}

extension TransactionLink {
    init(_ row: Transaction, for purpose: Purpose) {
        self.init(transaction: row.id, owner: row.owner, purpose: purpose)
    }
}

/// Signs links, so that a plain `<a href>` opens its target without another credential.
///
/// A link is valid for one transaction and one purpose, until it expires.
struct LinkSigner: Sendable {
    private let secrets: [LinkSecret]
    private let publicURL: String
    private let lifetimeSeconds: Int64

    /// There is at least one secret: the first signs and all verify, so that one can be replaced without
    /// breaking links.
    init(secrets: [LinkSecret], publicURL: String, lifetimeSeconds: Int64) {
        precondition(!secrets.isEmpty, "configuration requires a secret")
        self.secrets = secrets
        self.publicURL = publicURL
        self.lifetimeSeconds = lifetimeSeconds
    }

    /// The link to a transaction's receipt.
    func receiptLink(_ link: TransactionLink, now: Instant) -> String {
        let path = PercentEncoding.encoded(link.transaction)
        return "\(publicURL)/v1/transactions/\(path)/receipt?\(query(link, now: now))"
    }

    /// The query with the expiry and the signature, which authorizes a link without another credential.
    func query(_ link: TransactionLink, now: Instant) -> String {
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

    // The purpose comes first, so that a signature for another purpose never verifies here. No id contains a
    // line break, so the parts are unambiguous.
    private static func message(_ link: TransactionLink, _ expires: Int64) -> [UInt8] {
        let (account, customer) = (link.owner?.account ?? "", link.owner?.customer ?? "")
        let parts = [link.purpose.rawValue, "\(expires)", account, customer, link.transaction]
        return Array(parts.joined(separator: "\n").utf8)
    }
}
