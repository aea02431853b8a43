package import Billing
import PostgresClient
package import Storage

extension PostgresStore {
    package func lease(limit: Int, now: Instant, seconds: Int64) async throws(StoreError) -> [WorkItem] {
        try await run("leasing work") { connection throws(PostgresFailure) in
            // Items that another replica is leasing are skipped (SKIP LOCKED).
            let rows = try connection.execute(
                Command(
                    """
                    WITH due AS MATERIALIZED (
                        SELECT sequence
                        FROM work
                        WHERE NOT gave_up AND due_at <= $1 AND leased_until <= $1
                        ORDER BY due_at
                        LIMIT $2
                        FOR UPDATE SKIP LOCKED)
                    UPDATE work w
                    SET leased_until = $3
                    FROM due
                    WHERE w.sequence = due.sequence
                    RETURNING w.account, w.kind, w.id, w.attempts
                    """,
                    [
                        .int(now.unixSeconds), .int(Int64(limit)),
                        .int(now.adding(seconds: seconds).unixSeconds),
                    ]
                )
            )
            return (0..<rows.count).compactMap { Self.item(rows, $0) }
        }
    }

    package func complete(_ item: WorkItem) async throws(StoreError) {
        try await change("completing work", item, "DELETE FROM work")
    }

    package func postpone(_ item: WorkItem, until due: Instant, reason: String) async throws(StoreError) {
        try await change(
            "postponing work",
            item,
            "UPDATE work SET attempts = attempts + 1, leased_until = 0, due_at = $4, reason = $5",
            [.int(due.unixSeconds), .text(reason)]
        )
    }

    package func giveUp(_ item: WorkItem, reason: String) async throws(StoreError) {
        try await change(
            "giving up work",
            item,
            "UPDATE work SET attempts = attempts + 1, leased_until = 0, gave_up = TRUE, reason = $4",
            [.text(reason)]
        )
    }

    package func hasten(until latest: Instant) async throws(StoreError) {
        try await run("hastening work") { connection throws(PostgresFailure) in
            _ = try connection.execute(
                Command(
                    """
                    UPDATE work
                    SET due_at = least(due_at, $1), leased_until = least(leased_until, $1)
                    WHERE NOT gave_up AND greatest(due_at, leased_until) > $1
                    """,
                    [.int(latest.unixSeconds)]
                )
            )
        }
    }

    package func summary() async throws(StoreError) -> WorkSummary {
        try await run("counting work") { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Command(
                    """
                    SELECT count(*) FILTER (WHERE NOT gave_up), count(*) FILTER (WHERE gave_up),
                        min(due_at) FILTER (WHERE NOT gave_up)
                    FROM work
                    """
                )
            )
            guard rows.count == 1 else { throw .unexpected }
            return WorkSummary(
                pending: Int(rows.int(0, 0)),
                gaveUp: Int(rows.int(0, 1)),
                oldestDueAt: rows.optionalInt(0, 2).map(Instant.init(unixSeconds:))
            )
        }
    }

    package func givenUp(limit: Int) async throws(StoreError) -> [GivenUpWork] {
        try await run("listing work given up") { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Command(
                    """
                    SELECT account, kind, id, attempts, reason
                    FROM work
                    WHERE gave_up
                    ORDER BY sequence DESC
                    LIMIT $1
                    """,
                    [.int(Int64(limit))]
                )
            )
            return (0..<rows.count).compactMap { row in
                Self.item(rows, row).map { GivenUpWork($0, reason: rows.optionalText(row, 4) ?? "") }
            }
        }
    }

    /// Reads account, kind, id and attempts.
    ///
    /// - Returns: `nil` for a question that only a later version knows.
    private static func item(_ rows: Rows, _ row: Int) -> WorkItem? {
        guard let question = StripeQuestion(topic: rows.text(row, 1), subject: rows.text(row, 2)) else {
            return nil
        }
        let account = rows.text(row, 0)
        return WorkItem(
            question,
            account: account.isEmpty ? nil : account,
            attempts: Int(rows.int(row, 3))
        )
    }

    private func change(
        _ operation: StaticString,
        _ item: WorkItem,
        _ statement: String,
        _ values: [Parameter] = []
    ) async throws(StoreError) {
        try await run(operation, repeats: false) { connection throws(PostgresFailure) in
            _ = try connection.execute(
                Command(
                    statement + " WHERE account = $1 AND kind = $2 AND id = $3",
                    [
                        .text(item.account ?? ""), .text(item.question.topic), .text(item.question.subject),
                    ] + values
                )
            )
        }
    }
}
