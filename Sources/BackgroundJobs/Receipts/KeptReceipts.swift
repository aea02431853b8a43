import Billing

/// Receipt links that Stripe returned a moment ago, so that opening a link repeatedly costs one request to
/// Stripe.
struct KeptReceipts {
    /// Much shorter than the validity of the link at Stripe, and longer than the time between repeated
    /// clicks.
    static let seconds: Int64 = 10
    static let maximumCount = 1000

    private var urls: [ReceiptTarget: (url: ReceiptURL, at: Instant)] = [:]

    var count: Int { urls.count }

    func url(for target: ReceiptTarget, now: Instant) -> ReceiptURL? {
        guard let (url, at) = urls[target], Self.isFresh(at, now) else { return nil }
        return url
    }

    mutating func keep(_ url: ReceiptURL, for target: ReceiptTarget, now: Instant) {
        if urls.count >= Self.maximumCount { urls = urls.filter { Self.isFresh($0.value.at, now) } }
        // So many receipts within seconds are not opened by a person, so their links are not stored.
        guard urls.count < Self.maximumCount else { return }
        urls[target] = (url, now)
    }

    private static func isFresh(_ at: Instant, _ now: Instant) -> Bool {
        0..<seconds ~= now.seconds(since: at)
    }
}
