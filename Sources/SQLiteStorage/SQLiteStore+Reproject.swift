import Billing
import Database
import GRDB
package import Storage
import Synchronization

extension SQLiteStore {
    package func reproject(eventID: String) async throws(StoreError) -> Reprojection? {
        try await write("reprojecting an event") { [projection] db in
            let renderings = try SQLiteSession(db).rows(EventRow.renderings(of: eventID))
            guard !renderings.isEmpty else { return nil }
            var changed = 0
            let projector = Projector(tables: .live, projection: projection, session: SQLiteSession(db))
            for event in renderings {
                changed += try projector.project(again: event, fetchPolicy: .everything)
            }
            return Reprojection(
                events: renderings.count,
                transactions: try Int.fetchOne(db, sql: "SELECT count(*) FROM transactions") ?? 0,
                changed: changed
            )
        }
    }

    /// Derives all rows into new tables, and replaces the ones in use in one step.
    ///
    /// The rebuild reads the log in batches, so that deliveries are recorded in between. The batch that finds
    /// no further event replaces the tables.
    package func reprojectAll() async throws(StoreError) -> Reprojection {
        let isFirst = isRebuilding.compareExchange(
            expected: false,
            desired: true,
            ordering: .acquiringAndReleasing
        ).exchanged
        guard isFirst else { throw StoreError(.busy, while: "reprojecting: a rebuild is under way already") }
        defer { isRebuilding.store(false, ordering: .releasing) }

        try await write("reprojecting") { db in
            try db.execute(sql: ProjectionTables.rebuilt.removal)
            try db.execute(sql: ProjectionTables.rebuilt.definition(.sqlite))
        }
        var events = 0
        var last: Int64 = 0
        while true {
            let after = last
            let batch = try await write("reprojecting") { [projection] db in
                try Self.rebuildBatch(after: after, projection: projection, db)
            }
            events += batch.count
            last = batch.last
            if let result = batch.finished {
                return Reprojection(
                    events: events,
                    transactions: result.transactions,
                    changed: result.changed
                )
            }
        }
    }

    private struct Batch: Sendable {
        let count: Int
        let last: Int64
        let finished: (transactions: Int, changed: Int)?
    }

    private static func rebuildBatch(
        after: Int64,
        projection: ProjectionPolicy,
        _ db: Database
    ) throws -> Batch {
        let size = 200
        let events = try SQLiteSession(db).rows(EventRow.after(after, limit: size))
        let projector = Projector(tables: .rebuilt, projection: projection, session: SQLiteSession(db))
        for event in events { _ = try projector.project(again: event, fetchPolicy: .nothing) }
        return Batch(
            count: events.count,
            last: events.last?.sequence ?? after,
            finished: events.count < size ? try exchange(db) : nil
        )
    }

    /// Counts the rows that differ, and replaces the rows in use with the rebuilt ones.
    private static func exchange(_ db: Database) throws -> (transactions: Int, changed: Int) {
        let content = StoredTransaction.content.joined(separator: ", ")
        let (live, rebuilt) = (
            "SELECT \(content) FROM transactions", "SELECT \(content) FROM rebuilt_transactions"
        )
        let changed =
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(DISTINCT id) FROM (
                        SELECT * FROM (\(live) EXCEPT \(rebuilt))
                        UNION ALL
                        SELECT * FROM (\(rebuilt) EXCEPT \(live))
                    )
                    """
            ) ?? 0
        for table in ProjectionTables.all.map(\.name) {
            try db.execute(sql: "DELETE FROM \(table)")
            try db.execute(sql: "INSERT INTO \(table) SELECT * FROM rebuilt_\(table)")
        }
        try db.execute(sql: ProjectionTables.rebuilt.removal)
        let transactions = try Int.fetchOne(db, sql: "SELECT count(*) FROM transactions") ?? 0
        return (transactions, changed)
    }
}
