import Billing
import GRDB
package import Storage

extension SQLiteStore {
    /// The lock file prevents any other process from opening the database.
    package var isStoreExclusive: Bool { true }

    package func latestRun(_ kind: UpkeepRun.Kind) async throws(StoreError) -> UpkeepRun? {
        try await read("reading a run") { db in
            let sql = "SELECT * FROM upkeep_runs WHERE kind = ? ORDER BY sequence DESC LIMIT 1"
            return try Row.fetchOne(db, sql: sql, arguments: [kind.rawValue]).map(Self.run)
        }
    }

    package func run(id: String) async throws(StoreError) -> UpkeepRun? {
        try await read("reading a run") { db in
            let sql = "SELECT * FROM upkeep_runs WHERE id = ?"
            return try Row.fetchOne(db, sql: sql, arguments: [id]).map(Self.run)
        }
    }

    package func begin(_ run: UpkeepRun) async throws(StoreError) -> Bool {
        try await write("beginning a run") { db in
            try db.execute(
                sql: """
                    INSERT INTO upkeep_runs
                        (request, progress, state, reason, updated_at, holder, leased_until, revision,
                         id, kind, begun_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """,
                arguments: Self.columns(run, revision: run.revision) + [
                    run.id, run.kind.rawValue, run.begunAt.unixSeconds,
                ]
            )
            return db.changesCount > 0
        }
    }

    package func replace(_ run: UpkeepRun) async throws(StoreError) -> UpkeepRun? {
        try await write("keeping a run") { db in
            var next = run
            next.revision += 1
            try db.execute(
                sql: """
                    UPDATE OR IGNORE upkeep_runs
                    SET request = ?, progress = ?, state = ?, reason = ?, updated_at = ?, holder = ?,
                        leased_until = ?, revision = ?
                    WHERE id = ? AND revision = ?
                    """,
                arguments: Self.columns(run, revision: next.revision) + [run.id, run.revision]
            )
            return db.changesCount > 0 ? next : nil
        }
    }

    private static func columns(_ run: UpkeepRun, revision: Int64) -> StatementArguments {
        [
            run.request, run.progress, run.state.rawValue, run.reason, run.updatedAt.unixSeconds, run.holder,
            run.leasedUntil.unixSeconds, revision,
        ]
    }

    @Sendable
    private static func run(_ row: Row) throws -> UpkeepRun {
        guard let kind = UpkeepRun.Kind(rawValue: row["kind"]),
            let state = UpkeepRun.State(rawValue: row["state"])
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        return UpkeepRun(
            id: row["id"],
            kind: kind,
            begunAt: Instant(unixSeconds: row["begun_at"]),
            request: row["request"],
            progress: row["progress"],
            state: state,
            reason: row["reason"],
            updatedAt: Instant(unixSeconds: row["updated_at"]),
            holder: row["holder"],
            leasedUntil: Instant(unixSeconds: row["leased_until"]),
            revision: row["revision"]
        )
    }
}
