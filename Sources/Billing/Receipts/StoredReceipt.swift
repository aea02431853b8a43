extension PaymentGroup {
    /// How long a link from an event is trusted to open.
    ///
    /// Stripe lets them expire "within 30 days", and says of links from its API that they are good for at
    /// least ten.
    package static let storedReceiptSeconds: Int64 = 10 * 86_400

    /// The link that came with an event about the charge, while it is young enough to open.
    ///
    /// - Parameters:
    ///   - id: The charge.
    ///   - now: The time to judge its age by.
    ///   - hosts: The hosts a receipt may be at.
    /// - Returns: `nil` when there is no link, or it is too old to be trusted.
    package func storedReceipt(ofCharge id: String?, now: Instant, hosts: ReceiptHosts) -> ReceiptURL? {
        let charge = charges.first { $0.object.id == id }
        guard let charge, let text = charge.object.receiptURL,
            now.seconds(since: charge.shownAt) < Self.storedReceiptSeconds
        else { return nil }
        return ReceiptURL(text, allowing: hosts)
    }
}
