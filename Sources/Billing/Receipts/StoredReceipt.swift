extension Event {
    /// How long a link from an event is used.
    ///
    /// Stripe's links expire "within 30 days"; for links from its API, Stripe promises at least ten days.
    static let receiptSeconds: Int64 = 10 &* 86_400

    /// The link to the receipt of a charge that the event shows, while it is new enough to work.
    ///
    /// - Parameters:
    ///   - id: The charge.
    ///   - now: The current time.
    ///   - hosts: The hosts that the link may have.
    /// - Returns: `nil` if the event has no such link, or if it is too old.
    package func receipt(ofCharge id: String, now: Instant, hosts: ReceiptHosts) -> ReceiptURL? {
        guard let created, now.seconds(since: created) < Self.receiptSeconds else { return nil }
        for shown in shown {
            guard case .charge(let charge) = shown.object, charge.id == id, let link = charge.receiptURL
            else { continue }
            return ReceiptURL(link, allowing: hosts)
        }
        return nil
    }
}
