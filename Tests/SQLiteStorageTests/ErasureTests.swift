import Billing
import Foundation
import GRDB
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

    /// The compressed bodies and snapshots: the marks in them are not to be seen in the file.
    private func compressed(in store: SQLiteStore) async throws -> Set<Data> {
        try await store.writer.read { db in
            try Data.fetchSet(
                db,
                sql: """
                    SELECT payload FROM events WHERE length(payload) BETWEEN 24 AND body_size - 1
                    UNION SELECT snapshot FROM objects WHERE length(snapshot) BETWEEN 24 AND snapshot_size - 1
                    """
            )
        }
    }

    /// Those whose last bytes, which no other has, are in the database's files.
    private func stillThere(_ compressed: Set<Data>, in place: TemporaryPlace) -> [Data] {
        let files = ["", "-wal"].compactMap { FileManager.default.contents(atPath: place.path + $0) }
        return compressed.filter { data in files.contains { $0.range(of: data.suffix(16)) != nil } }
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
            let before = try await compressed(in: store)
            #expect(stillThere(before, in: place).count > 10)
            let report = try await CustomerEraser(store: store, archive: nil).erase(
                CustomerKey(CanaryScenario.customer, account: nil),
                isDryRun: false,
                now: Instant(unixSeconds: MadeUp.start + 5000)
            )
            let count = try CanaryScenario.bodies().count + 1
            #expect(report?.events == count)
            #expect(canaries(in: place).isEmpty)
            let kept = try await compressed(in: store)
            #expect(stillThere(before.subtracting(kept), in: place).isEmpty)
            #expect(before.subtracting(kept).count > 10)
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
            let all = try await compressed(in: store)
            let now = Instant(unixSeconds: MadeUp.start + 5000)
            _ = try await store.purge(aged.compactMap { $0.purged(at: now, archive: nil) })
            let purged = all.subtracting(try await compressed(in: store))
            #expect(purged.count == 3)
            await store.close()
            #expect(stillThere(purged, in: place).isEmpty)
        }
    }
}
