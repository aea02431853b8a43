import Billing
import PostgresClient
package import Storage

extension PostgresStore {
    /// Other replicas use the same database.
    package var isStoreExclusive: Bool { false }

    package func latestRun(_ kind: UpkeepRun.Kind) async throws(StoreError) -> UpkeepRun? {
        try await run("reading a run") { connection throws(PostgresFailure) in
            try Self.run(
                connection,
                "WHERE kind = $1 ORDER BY sequence DESC LIMIT 1",
                .text(kind.rawValue)
            )
        }
    }

    package func run(id: String) async throws(StoreError) -> UpkeepRun? {
        try await run("reading a run") { connection throws(PostgresFailure) in
            try Self.run(connection, "WHERE id = $1", .text(id))
        }
    }

    package func begin(_ run: UpkeepRun) async throws(StoreError) -> Bool {
        try await self.run("beginning a run", repeats: false) { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Command(
                    """
                    INSERT INTO upkeep_runs
                        (request, progress, state, reason, updated_at, holder, leased_until, revision, id, kind,
                         begun_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                    ON CONFLICT DO NOTHING
                    """,
                    Self.values(run, revision: run.revision) + [
                        .text(run.id), .text(run.kind.rawValue), .int(run.begunAt.unixSeconds),
                    ]
                )
            )
            return rows.affected > 0
        }
    }

    package func replace(_ run: UpkeepRun) async throws(StoreError) -> UpkeepRun? {
        try await self.run("keeping a run", repeats: false) { connection throws(PostgresFailure) in
            var next = run
            next.revision += 1
            do throws(PostgresFailure) {
                let rows = try connection.execute(
                    Command(
                        """
                        UPDATE upkeep_runs
                        SET request = $1, progress = $2, state = $3, reason = $4, updated_at = $5, holder = $6,
                            leased_until = $7, revision = $8
                        WHERE id = $9 AND revision = $10
                        """,
                        Self.values(run, revision: next.revision) + [.text(run.id), .int(run.revision)]
                    )
                )
                return rows.affected > 0 ? next : nil
            } catch {
                // Unique violation: another run of this kind is running.
                guard case .refused("23505") = error else { throw error }
                return nil
            }
        }
    }

    private static func values(_ run: UpkeepRun, revision: Int64) -> [Parameter] {
        [
            .bytes(Array(run.request.utf8)), .bytes(Array(run.progress.utf8)), .text(run.state.rawValue),
            .text(orNull: run.reason), .int(run.updatedAt.unixSeconds), .text(orNull: run.holder),
            .int(run.leasedUntil.unixSeconds), .int(revision),
        ]
    }

    private static func run(
        _ connection: PostgresConnection,
        _ condition: String,
        _ value: Parameter
    ) throws(PostgresFailure) -> UpkeepRun? {
        let rows = try connection.execute(
            Command(
                """
                SELECT id, kind, begun_at, request, progress, state, reason, updated_at, holder, leased_until,
                    revision
                FROM upkeep_runs \(condition)
                """,
                [value]
            )
        )
        guard rows.count == 1 else { return nil }
        guard let kind = UpkeepRun.Kind(rawValue: rows.text(0, 1)),
            let state = UpkeepRun.State(rawValue: rows.text(0, 5))
        else { throw .corrupt }
        return UpkeepRun(
            id: rows.text(0, 0),
            kind: kind,
            begunAt: Instant(unixSeconds: rows.int(0, 2)),
            request: rows.text(0, 3),
            progress: rows.text(0, 4),
            state: state,
            reason: rows.optionalText(0, 6),
            updatedAt: Instant(unixSeconds: rows.int(0, 7)),
            holder: rows.optionalText(0, 8),
            leasedUntil: Instant(unixSeconds: rows.int(0, 9)),
            revision: rows.int(0, 10)
        )
    }
}
