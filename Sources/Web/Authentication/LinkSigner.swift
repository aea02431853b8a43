package import Billing
package import Storage
import Webhooks

/// What a link to a receipt is good for: one transaction, as long as it is that customer's.
package struct ReceiptLink: Sendable {
    let transaction: String
    /// `nil` for a payment without a customer.
    let owner: CustomerKey?

    package init(transaction: String, owner: CustomerKey?) {
        self.transaction = transaction
        self.owner = owner
    }

    init(_ row: Transaction) { self.init(transaction: row.id, owner: row.owner) }
}

/// Signs links to a receipt, so that a plain `<a href>` opens it without any other credential.
///
/// A link is good for one transaction, for its receipt alone, until it expires.
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

    /// The address of a receipt.
    package func receiptLink(_ link: ReceiptLink, now: Instant) -> String {
        let path = PathSegment.encoded(link.transaction)
        return "\(publicURL)/v1/transactions/\(path)/receipt?\(receiptQuery(link, now: now))"
    }

    /// What makes a link to a receipt, or to the page to print, good without any other credential.
    func receiptQuery(_ link: ReceiptLink, now: Instant) -> String {
        let expires = now.adding(seconds: lifetimeSeconds).unixSeconds
        let signature = secrets.sign(Self.message(link, expires)).hex
        return "expires=\(expires)&signature=\(signature)"
    }

    enum Verdict { case good, expired, forged }

    func verdict(on link: ReceiptLink, expires: String, signature: String, now: Instant) -> Verdict {
        guard let seconds = Int64(expires), String(seconds) == expires,
            let presented = AuthenticationCode(hex: signature.utf8)
        else { return .forged }
        let message = Self.message(link, seconds)
        guard let signer = secrets.signer(of: message, presented: presented) else { return .forged }
        guard now.unixSeconds < seconds else { return .expired }
        signer.use.use(at: now)
        return .good
    }

    // The purpose comes first, so that no signature made for anything else can ever pass for a receipt link.
    // No id has a line break in it.
    private static func message(_ link: ReceiptLink, _ expires: Int64) -> [UInt8] {
        let (account, customer) = (link.owner?.account ?? "", link.owner?.customer ?? "")
        return Array("receipt\n\(expires)\n\(account)\n\(customer)\n\(link.transaction)".utf8)
    }
}
