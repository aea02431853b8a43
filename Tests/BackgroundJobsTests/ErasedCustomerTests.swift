import Billing
import Storage
import Testing

@testable import BackgroundJobs

/// An erased customer stays erased, whatever Stripe still returns about them.
struct ErasedCustomerTests {
    private typealias Harness = CatchUpHarness

    @Test func `Stripe's data of an erased customer are neither new nor drift`() async throws {
        try await Harness.with { harness in
            let ago = 60 * Harness.day
            try harness.standIn.put(Paid.intent(1, secondsAgo: ago, #","description":"CANARY-1""#))
            try harness.standIn.put(Paid.charge(1, secondsAgo: ago, #","description":"CANARY-2""#))
            #expect(try await harness.perform(.backfill, days: 90).state == .completed)
            let row = try #require(try await harness.rows.first)
            #expect(row.description?.hasPrefix("CANARY") == true)
            let customer = try #require(row.customer)
            let report = try await CustomerEraser(store: harness.store, archive: nil).erase(
                CustomerKey(customer, account: nil),
                isDryRun: false,
                now: harness.time.now
            )
            #expect(report?.transactions == 1)
            let entries = try await harness.entries().count
            for days in [91, 92] as [Int64] {
                #expect(try await harness.perform(.backfill, days: days).reached?.recorded == 0)
                let run = try await harness.perform(.reconciliation, days: days)
                #expect(run.reached?.comparison?.driftCount == 0)
            }
            // Two reconciliations record their results; nothing else is new.
            #expect(try await harness.entries().count == entries + 2)
            #expect(try await harness.rows.map(\.description) == [nil])
            #expect(try await harness.rows.map(\.amount) == [row.amount])
        }
    }
}
