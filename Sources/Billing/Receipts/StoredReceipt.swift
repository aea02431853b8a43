extension PaymentGroup {
    /// How long a link from an event is used.
    ///
    /// Stripe's links expire "within 30 days"; for links from its API, Stripe promises at least ten days.
    static let storedReceiptSeconds: Int64 = 10 &* 86_400

    /// The link from an event about the charge, while it is new enough to work.
    ///
    /// - Parameters:
    ///   - id: The charge.
    ///   - now: The current time.
    ///   - hosts: The hosts that the link may have.
    /// - Returns: `nil` if there is no link, or if it is too old.
    package func storedReceipt(ofCharge id: String?, now: Instant, hosts: ReceiptHosts) -> ReceiptURL? {
        let charge = charges.first { $0.object.id == id }
        guard let charge, let text = charge.object.receiptURL,
            now.seconds(since: charge.observedAt) < Self.storedReceiptSeconds
        else { return nil }
        return ReceiptURL(text, allowing: hosts)
    }
}
