import Billing
import Compression
import PostgresClient
import Storage
import StorageConformance
import Testing

@testable import PostgresStorage

/// Erased data are in no table and no replica.
struct ErasureTests {
    private func erase(_ store: PostgresStore) async throws -> ErasureReport? {
        try await CustomerEraser(store: store, archive: nil).erase(
            CustomerKey(CanaryScenario.customer, account: nil),
            isDryRun: false,
            now: Instant(unixSeconds: MadeUp.start + 5000)
        )
    }

    /// The tables and views that hold a canary in whichever column, bytes among them.
    private func tablesWithCanaries(_ place: PostgresPlace) throws -> [String] {
        let connection = try place.connect()
        let tables = try connection.execute(
            Command(
                "SELECT table_name::text FROM information_schema.tables WHERE table_schema = $1",
                [.text(place.schema)]
            )
        )
        // Bytes are shown as hexadecimal digits.
        let hex = CanaryScenario.mark.utf8.map { String($0, radix: 16) }.joined()
        let lower = CanaryScenario.mark.lowercased().utf8.map { String($0, radix: 16) }.joined()
        return try tables.map { tables.text($0, 0) }.filter { table in
            let rows = try connection.execute(
                Command(
                    "SELECT count(*) FROM \(table) t WHERE t::text ILIKE $1 OR t::text LIKE $2 OR t::text LIKE $3",
                    [.text("%\(CanaryScenario.mark)%"), .text("%\(hex)%"), .text("%\(lower)%")]
                )
            )
            return rows.int(0, 0) > 0
        }
    }

    /// How many stored bodies and snapshots contain a mark once they are decompressed.
    private func textsWithCanaries(_ place: PostgresPlace) throws -> Int {
        let stored = try place.connect().execute(
            Command(
                """
                SELECT payload, body_size::BIGINT FROM events WHERE body_removed_at IS NULL
                UNION ALL
                SELECT snapshot, snapshot_size::BIGINT FROM objects WHERE snapshot IS NOT NULL
                """,
                []
            )
        )
        return try stored.map { row in
            let (bytes, size) = (stored.bytes(row, 0), Int(stored.int(row, 1)))
            let text =
                bytes.count == size ? bytes : try CompressionDictionaries.known.decompress(bytes, size: size)
            return String(decoding: text, as: UTF8.self).lowercased().contains(
                CanaryScenario.mark.lowercased()
            )
        }.count { $0 }
    }

    @Test func `no table has a byte of an erased customer's`() async throws {
        try await withReplicas(1) { place, stores in
            for body in try CanaryScenario.bodies() + CanaryScenario.othersBodies() {
                try await stores[0].record(body)
            }
            #expect(
                try tablesWithCanaries(place).sorted()
                    == ["customers", "customers_view", "events", "transactions", "transactions_view"]
            )
            #expect(try textsWithCanaries(place) > 10)
            let count = try CanaryScenario.bodies().count
            #expect(try await erase(stores[0])?.events == count)
            #expect(try tablesWithCanaries(place).isEmpty)
            #expect(try textsWithCanaries(place) == 0)
            for body in try CanaryScenario.laterBodies() { try await stores[0].record(body) }
            _ = try await stores[0].reprojectAll()
            #expect(try tablesWithCanaries(place).isEmpty)
            #expect(try textsWithCanaries(place) == 0)
        }
    }

    @Test func `a replica that was not asked records nothing personal of an erased customer`() async throws {
        try await withReplicas(2) { place, stores in
            for body in try CanaryScenario.bodies() { try await stores[0].record(body) }
            // It has looked at the marks before there were any.
            for body in try CanaryScenario.othersBodies() { try await stores[1].record(body) }
            _ = try await erase(stores[0])
            for (index, body) in try CanaryScenario.laterBodies().enumerated() {
                #expect(try await stores[1 - index % 2].record(body) == .recorded)
            }
            #expect(try tablesWithCanaries(place).isEmpty)
            #expect(try await stores[1].transaction(id: "pi_gone")?.amountRefunded == 700)
            #expect(try await stores[1].reprojectAll().changed == 0)
        }
    }

    @Test
    func `while a rebuild is under way that may have read what goes, the erasure waits to be asked again`()
        async throws
    {
        try await withReplicas(1) { place, stores in
            for body in try CanaryScenario.bodies() { try await stores[0].record(body) }
            let rebuild = try place.connect()
            try rebuild.execute(Command("SELECT pg_advisory_lock(7226736, 'events'::regclass::oid::int)"))
            await #expect(
                throws: ErasureFault.store(StoreError(.busy, while: "erasing: a rebuild is under way"))
            ) {
                _ = try await erase(stores[0])
            }
            try rebuild.execute(Command("SELECT pg_advisory_unlock(7226736, 'events'::regclass::oid::int)"))
            #expect(try await erase(stores[0])?.wasErased == true)
            #expect(try tablesWithCanaries(place).isEmpty)
        }
    }
}
