package import Billing
package import Database

extension SQLStore {
    package func latestJob(_ kind: Job.Kind) async throws(StoreError) -> Job? {
        try await query("reading a job") { session in
            try session.row(
                // As a range, and with its condition, so that the order is that of the index without fetches: along
                // all jobs from the newest on the one wanted may be far.
                JobRow.query(
                    "WHERE kind BETWEEN $1 AND $1 AND kind <> 'fetch' ORDER BY kind DESC, sequence DESC LIMIT 1",
                    [.text(kind.rawValue)]
                )
            )
        }
    }

    package func job(id: String) async throws(StoreError) -> Job? {
        try await query("reading a job") { try $0.row(JobRow.query("WHERE id = $1", [.text(id)])) }
    }

    package func jobs(_ query: JobQuery) async throws(StoreError) -> [Job] {
        try await self.query("listing jobs") { session in
            var conditions = Conditions()
            conditions.add("kind = ANY(?)", .texts(query.kinds.map(\.rawValue)))
            conditions.add("state = ANY(?)", .texts(query.states.map(\.rawValue)))
            if let id = query.startingAfter {
                conditions.add("sequence < (SELECT sequence FROM jobs WHERE id = ?)", .text(id))
            }
            let clause = conditions.clause
            let limit = conditions.parameter(.int(Int64(query.limit)))
            return try session.rows(
                JobRow.query("\(clause) ORDER BY sequence DESC LIMIT \(limit)", conditions.values)
            )
        }
    }

    package func summary() async throws(StoreError) -> [JobSummary] {
        try await query("counting jobs") { session in
            try session.rows(
                Query(
                    """
                    SELECT kind, state, count(*) AS count, min(due_at) AS due_at,
                        min(created_at) FILTER (WHERE due_at IS NOT NULL) AS created_at
                    FROM jobs
                    WHERE kind = ANY($1)
                    GROUP BY kind, state
                    ORDER BY kind, state
                    """,
                    [.texts(Job.Kind.allCases.map(\.rawValue))]
                ) { row in
                    JobSummary(
                        try row.known("kind"),
                        try row.known("state"),
                        count: Int(try row.int("count")),
                        dueAt: try row.optionalInt("due_at").map(Instant.init(unixSeconds:)),
                        createdAt: try row.optionalInt("created_at").map(Instant.init(unixSeconds:))
                    )
                }
            )
        }
    }

    package func add(_ job: Job) async throws(StoreError) -> Bool {
        try await execute("adding a job", repeats: false, [JobRow.inserting(job)]) == [1]
    }

    package func take(
        _ kind: Job.Kind,
        as holder: String,
        now: Instant,
        seconds: Int64,
        limit: Int
    ) async throws(StoreError) -> [Job] {
        let due = """
            kind = $1 AND due_at <= $2 AND (topic = '' OR NOT EXISTS (
                SELECT 1
                FROM jobs earlier
                WHERE earlier.kind = jobs.kind AND earlier.topic = jobs.topic AND earlier.topic <> ''
                    AND earlier.due_at IS NOT NULL AND earlier.sequence < jobs.sequence))
            """
        let values: [SQLValue] = [.text(kind.rawValue), .int(now.unixSeconds)]
        // Reading is cheap, while a write would sync the disk at each look, even if no job is due.
        let isDue = try await query("looking for a job") { session in
            try session.row(
                Query("SELECT 1 FROM jobs WHERE \(due) ORDER BY due_at LIMIT 1", values) { _ in true }
            )
        }
        guard isDue == true else { return [] }
        return try await transaction("taking a job", under: nil, repeats: false) { session in
            let found = try session.rows(
                Query(
                    """
                    SELECT sequence
                    FROM jobs
                    WHERE \(due)
                    ORDER BY due_at
                    LIMIT $3
                    \(session.dialect.skippingLockedRows)
                    """,
                    values + [.int(Int64(limit))]
                ) { try $0.int("sequence") }
            )
            return try session.rows(
                Query(
                    """
                    UPDATE jobs
                    SET state = 'running', due_at = $1, attempts = attempts + 1, holder = $2, updated_at = $3,
                        revision = revision + 1
                    WHERE sequence = ANY($4)
                    RETURNING \(JobRow.columns)
                    """,
                    [
                        .int(now.adding(seconds: seconds).unixSeconds), .text(holder), .int(now.unixSeconds),
                        .ints(found),
                    ],
                    decode: JobRow.job
                )
            )
        }
    }

    package func replace(
        _ job: Job,
        adding added: [Job],
        withdrawing withdrawn: [String]
    ) async throws(StoreError) -> Job? {
        let withdrawals = withdrawn.map {
            SQLStatement("DELETE FROM jobs WHERE id = $1 AND attempts = 0", [.text($0)])
        }
        let required = [JobRow.replacing(job)] + withdrawals
        do {
            if added.isEmpty && withdrawn.isEmpty {
                guard try await execute("keeping a job", repeats: false, required) == [1] else { return nil }
            } else {
                try await transaction("keeping a job", under: nil, repeats: false) { session in
                    let changed = try session.run(required) { _, _ in }
                    guard changed.allSatisfy({ $0 == 1 }) else {
                        throw StoreError(.constraint, while: "keeping a job")
                    }
                    try session.runLater(added.map { JobRow.inserting($0) })
                }
            }
        } catch {
            // Another job of this kind has a due time, or one of the statements changed no row.
            guard error.code == .constraint else { throw error }
            return nil
        }
        var next = job
        next.revision &+= 1
        return next
    }

    package func remove(_ job: Job) async throws(StoreError) -> Bool {
        let removal = SQLStatement(
            "DELETE FROM jobs WHERE id = $1 AND revision = $2",
            [.text(job.id), .int(job.revision)]
        )
        return try await execute("removing a job", repeats: false, [removal]) == [1]
    }

    package func reschedule(
        _ kind: Job.Kind,
        dueAfter latest: Instant,
        now: Instant
    ) async throws(StoreError) {
        let late = "kind = $1 AND due_at > $2"
        let values: [SQLValue] = [.text(kind.rawValue), .int(latest.unixSeconds)]
        // Reading is cheap, while a write would sync the disk even if no job is late.
        let isNeeded = try await query("looking for a job") { session in
            try session.row(
                Query("SELECT 1 FROM jobs WHERE \(late) ORDER BY due_at DESC LIMIT 1", values) { _ in true }
            )
        }
        guard isNeeded == true else { return }
        let rescheduling = SQLStatement(
            "UPDATE jobs SET due_at = $3, revision = revision + 1 WHERE \(late)",
            values + [.int(now.unixSeconds)]
        )
        try await execute("rescheduling jobs", repeats: true, [rescheduling])
    }
}

/// A job as a row of the table.
package enum JobRow {
    static let columns = """
        id, kind, topic, state, due_at, attempts, holder, request, progress, reason, created_at, updated_at, revision
        """

    static func query(_ condition: String, _ values: [SQLValue]) -> Query<Job> {
        Query("SELECT \(columns) FROM jobs \(condition)", values, decode: job)
    }

    @Sendable
    static func job(_ row: SQLRow) throws -> Job {
        Job(
            id: try row.text("id"),
            kind: try row.known("kind"),
            topic: try row.text("topic"),
            state: try row.known("state"),
            dueAt: try row.optionalInt("due_at").map(Instant.init(unixSeconds:)),
            attempts: Int(try row.int("attempts")),
            holder: try row.optionalText("holder"),
            request: try row.text("request"),
            progress: try row.text("progress"),
            reason: try row.optionalText("reason"),
            createdAt: Instant(unixSeconds: try row.int("created_at")),
            updatedAt: Instant(unixSeconds: try row.int("updated_at")),
            revision: try row.int("revision")
        )
    }

    /// Adds a job, unless it exists.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - conflict: What to do if it exists.
    /// - Returns: The statement.
    package static func inserting(
        _ job: Job,
        onConflict conflict: String = "ON CONFLICT DO NOTHING"
    ) -> SQLStatement {
        SQLStatement(
            """
            INSERT INTO jobs
                (state, due_at, attempts, holder, request, progress, reason, updated_at, revision, id, kind,
                 topic, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            \(conflict)
            """,
            values(job, revision: job.revision) + [
                .text(job.id), .text(job.kind.rawValue), .text(job.topic),
                .int(job.createdAt.unixSeconds),
            ]
        )
    }

    /// A fetch that failed is tried again, because there is new information about its payment.
    package static let retryingFailed = """
        ON CONFLICT (id) DO UPDATE
        SET state = 'waiting', due_at = excluded.due_at, attempts = 0, reason = NULL,
            updated_at = excluded.updated_at, revision = jobs.revision + 1
        WHERE jobs.state = 'failed'
        """

    static func replacing(_ job: Job) -> SQLStatement {
        SQLStatement(
            """
            UPDATE jobs
            SET state = $1, due_at = $2, attempts = $3, holder = $4, request = $5, progress = $6, reason = $7,
                updated_at = $8, revision = $9
            WHERE id = $10 AND revision = $11
            """,
            values(job, revision: job.revision &+ 1) + [.text(job.id), .int(job.revision)]
        )
    }

    private static func values(_ job: Job, revision: Int64) -> [SQLValue] {
        [
            .text(job.state.rawValue), .int(orNull: job.dueAt?.unixSeconds), .int(Int64(job.attempts)),
            .text(orNull: job.holder), .text(job.request), .text(job.progress), .text(orNull: job.reason),
            .int(job.updatedAt.unixSeconds), .int(revision),
        ]
    }
}
