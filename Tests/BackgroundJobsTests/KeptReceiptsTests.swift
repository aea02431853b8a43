import Billing
import Testing

@testable import BackgroundJobs

/// How many links are kept, and how long.
struct KeptReceiptsTests {
    private let now = Instant(unixSeconds: 1_800_000_000)

    private func target(_ number: Int) -> ReceiptTarget {
        ReceiptTarget(object: ObjectReference(.charge, "ch_\(number)"), invoice: nil, account: nil)
    }

    @Test func `no more than a thousand are kept, and an old one gives way to a new one`() throws {
        let url = try #require(ReceiptURL("https://pay.stripe.com/receipts/a", allowing: .stripe))
        var kept = KeptReceipts()
        for number in 0...KeptReceipts.maximumCount { kept.keep(url, for: target(number), now: now) }
        #expect(kept.count == KeptReceipts.maximumCount)
        #expect(kept.url(for: target(KeptReceipts.maximumCount), now: now) == nil)
        #expect(kept.url(for: target(0), now: now) == url)

        let later = now.adding(seconds: KeptReceipts.seconds)
        #expect(kept.url(for: target(0), now: later) == nil)
        kept.keep(url, for: target(0), now: later)
        #expect(kept.count == 1 && kept.url(for: target(0), now: later) == url)
    }
}
