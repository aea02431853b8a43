import Billing
import Database

extension SQLStore {
    package func latestRun(_ kind: Job.Kind) async throws(StoreError) -> Job? {
        try await query("reading a run") { session in
            try session.row(
                Runs.query("WHERE kind = $1 ORDER BY sequence DESC LIMIT 1", .text(kind.rawValue))
            )
        }
    }

    package func run(id: String) async throws(StoreError) -> Job? {
        try await query("reading a run") { try $0.row(Runs.query("WHERE id = $1", .text(id))) }
    }

    package func begin(_ run: Job) async throws(StoreError) -> Bool {
        let insertion = SQLStatement(
            """
            INSERT INTO upkeep_runs
                (request, progress, state, reason, updated_at, holder, leased_until, revision, id, kind, begun_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT DO NOTHING
            """,
            Runs.values(run, revision: run.revision) + [
                .text(run.id), .text(run.kind.rawValue), .int(run.begunAt.unixSeconds),
            ]
        )
        return try await execute("beginning a run", repeats: false, [insertion]) == [1]
    }

    package func replace(_ run: Job) async throws(StoreError) -> Job? {
        var next = run
        next.revision &+= 1
        let replacement = SQLStatement(
            """
            UPDATE upkeep_runs
            SET request = $1, progress = $2, state = $3, reason = $4, updated_at = $5, holder = $6,
                leased_until = $7, revision = $8
            WHERE id = $9 AND revision = $10
            """,
            Runs.values(run, revision: next.revision) + [.text(run.id), .int(run.revision)]
        )
        do {
            return try await execute("keeping a run", repeats: false, [replacement]) == [1] ? next : nil
        } catch {
            // Another run of this kind is running.
            guard error.code == .constraint else { throw error }
            return nil
        }
    }
}

private enum Runs {
    static func query(_ condition: String, _ value: SQLValue) -> Query<Job> {
        Query(
            """
            SELECT id, kind, begun_at, request, progress, state, reason, updated_at, holder, leased_until,
                revision
            FROM upkeep_runs \(condition)
            """,
            [value]
        ) { row in
            Job(
                id: try row.text("id"),
                kind: try row.known("kind"),
                begunAt: Instant(unixSeconds: try row.int("begun_at")),
                request: try row.text("request"),
                progress: try row.text("progress"),
                state: try row.known("state"),
                reason: try row.optionalText("reason"),
                updatedAt: Instant(unixSeconds: try row.int("updated_at")),
                holder: try row.optionalText("holder"),
                leasedUntil: Instant(unixSeconds: try row.int("leased_until")),
                revision: try row.int("revision")
            )
        }
    }

    static func values(_ run: Job, revision: Int64) -> [SQLValue] {
        [
            .text(run.request), .text(run.progress), .text(run.state.rawValue), .text(orNull: run.reason),
            .int(run.updatedAt.unixSeconds), .text(orNull: run.holder), .int(run.leasedUntil.unixSeconds),
            .int(revision),
        ]
    }
}
