import Billing
import Foundation
import Storage
import StorageConformance
import Testing

@testable import SQLiteStorage

/// Erased data are not in the database's files either.
struct ErasureTests {
    private func canaries(in place: TemporaryPlace) -> [String] {
        ["", "-wal"].filter { suffix in
            let path = place.path + suffix
            guard let bytes = FileManager.default.contents(atPath: path) else { return false }
            return bytes.range(of: Data(CanaryScenario.mark.utf8)) != nil
                || bytes.range(of: Data(CanaryScenario.mark.lowercased().utf8)) != nil
        }
    }

    @Test func `no byte of an erased customer's is left in the file or in its WAL`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.path)
            for body in try CanaryScenario.bodies() + CanaryScenario.othersBodies() {
                try await store.record(body)
            }
            _ = try await store.give([
                Credit(
                    id: "credit_1",
                    customer: CanaryScenario.customer,
                    kind: .manual,
                    money: Money(minorUnits: 100, currency: Currency("usd")),
                    created: Instant(unixSeconds: MadeUp.start),
                    description: CanaryScenario.canary("credit")
                )
            ])
            #expect(!canaries(in: place).isEmpty)
            let report = try await CustomerEraser(store: store, archive: nil).erase(
                CustomerKey(CanaryScenario.customer, account: nil),
                isDryRun: false,
                now: Instant(unixSeconds: MadeUp.start + 5000)
            )
            let count = try CanaryScenario.bodies().count
            #expect(report?.events == count)
            #expect(canaries(in: place).isEmpty)
            for body in try CanaryScenario.bodies() + CanaryScenario.laterBodies() {
                try await store.record(body)
            }
            _ = try await store.reprojectAll()
            #expect(canaries(in: place).isEmpty)
            await store.close()
            #expect(canaries(in: place).isEmpty)
        }
    }

    @Test func `a body that went by its age is not left in the file either`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.path)
            for body in try CanaryScenario.bodies().prefix(3) { try await store.record(body) }
            let aged = try await store.agedBodies(
                receivedBefore: Instant(unixSeconds: MadeUp.start + 1),
                after: nil,
                limit: 10,
                maxBytes: .max
            )
            #expect(aged.count == 3)
            let now = Instant(unixSeconds: MadeUp.start + 5000)
            _ = try await store.purge(aged.compactMap { $0.purged(at: now, archive: nil) })
            await store.close()
            let bytes = try #require(FileManager.default.contents(atPath: place.path))
            #expect(bytes.range(of: Data(CanaryScenario.canary("line1").utf8)) == nil)
        }
    }
}
