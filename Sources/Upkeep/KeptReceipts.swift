import Billing

/// Receipt links that Stripe gave a moment ago, so that a link that is opened again and again costs one request.
struct KeptReceipts {
    /// Short beside what such a link is good for at Stripe, and long beside what a person takes for a second click.
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
        // More than so many receipts within seconds are opened by no person: those are asked for anew.
        guard urls.count < Self.maximumCount else { return }
        urls[target] = (url, now)
    }

    private static func isFresh(_ at: Instant, _ now: Instant) -> Bool {
        0..<seconds ~= now.seconds(since: at)
    }
}
