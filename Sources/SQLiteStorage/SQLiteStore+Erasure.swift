package import Billing
import Database
import Foundation
import GRDB
package import Storage
import Synchronization

extension SQLiteStore {
    package func mark(_ ids: Set<String>, of key: CustomerKey, at now: Instant) async throws(StoreError) {
        try await write("marking a customer as erased") { [marks] db in
            try Self.mark(ids, of: key, at: now, marks, SQLiteSession(db))
        }
    }

    static func mark(
        _ ids: Set<String>,
        of key: CustomerKey,
        at now: Instant,
        _ marks: ErasureTombstones,
        _ session: SQLiteSession
    ) throws {
        for id in ids.sorted() {
            try session.execute(
                SQLStatement(
                    """
                    INSERT INTO erased_ids (account, id, customer, erased_at)
                    VALUES ($1, $2, $3, $4)
                    ON CONFLICT (account, id) DO NOTHING
                    """,
                    [.text(key.account ?? ""), .text(id), .text(key.customer), .int(now.unixSeconds)]
                )
            )
        }
        // The mark is set in memory before the next event is recorded. If this transaction rolls back, the
        // mark stays: harmless, the erasure is retried.
        marks.add(ids, of: key.customer, account: key.account ?? "", revision: 0)
    }

    static func load(_ marks: ErasureTombstones, _ db: Database) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT account, id, customer FROM erased_ids")
        while let row = try rows.next() {
            marks.add(CollectionOfOne(row[1] as String), of: row[2], account: row[0], revision: 0)
        }
    }

    package func eraseDerived(of key: CustomerKey) async throws(StoreError) -> Int {
        // A rebuild that began earlier would put back the data that it has already read.
        let isAlone = isRebuilding.compareExchange(
            expected: false,
            desired: true,
            ordering: .acquiringAndReleasing
        ).exchanged
        guard isAlone else { throw StoreError(.busy, while: "erasing: a rebuild is under way") }
        defer { isRebuilding.store(false, ordering: .releasing) }

        let account = key.account ?? ""
        let payments = try await payments(ofErased: key)
        var changed = 0
        for payment in payments {
            changed += try await write("deriving a payment again") { [projection] db in
                try Self.deriveAgain(payment, account: account, projection: projection, db)
            }
        }
        try await write("erasing a customer") { db in
            // Remove the tables of a rebuild that was killed.
            try db.execute(sql: ProjectionTables.rebuilt.removal)
            try SQLiteSession(db).erase(key)
        }
        return changed
    }

    /// - Returns: The number of the payment's rows that changed.
    private static func deriveAgain(
        _ payment: Int64,
        account: String,
        projection: ProjectionPolicy,
        _ db: Database
    ) throws -> Int {
        let session = SQLiteSession(db)
        let before = try session.rows(StoredTransaction.ofPayment(payment))
        try Projector(tables: .live, projection: projection, session: SQLiteSession(db)).deriveAgain(
            payment,
            account: account
        )
        let after = try session.rows(StoredTransaction.named(before.map(\.transaction.id)))
        return StoredTransaction.changed(from: before, to: after)
    }

    package func scrub() async throws(StoreError) {
        try inFlight.begin("scrubbing the WAL")
        defer { inFlight.end() }
        do {
            // A reader of an older state prevents the truncation of the WAL; ours read only briefly, except
            // for a backup.
            for _ in 0..<50 {
                let isBusy = try await writer.writeWithoutTransaction { db in
                    try Bool.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") ?? true
                }
                if !isBusy { return }
                try await Task.sleep(for: .milliseconds(100))
            }
        } catch {
            throw StoreError(error, while: "scrubbing the WAL")
        }
        throw StoreError(.busy, while: "scrubbing the WAL: a reader, such as a backup, holds an older state")
    }

    package func marked(among ids: Set<String>, account: String?) async throws(StoreError) -> Set<String> {
        marks.marked(among: ids, account: account)
    }
}
