package import Billing
package import Database

/// All of the queue but leasing, which is not the same on each database.
extension SQLStore {
    package func complete(_ item: FetchJob) async throws(StoreError) {
        try await change("completing work", item, "DELETE FROM work")
    }

    package func postpone(_ item: FetchJob, until due: Instant, reason: String) async throws(StoreError) {
        try await change(
            "postponing work",
            item,
            "UPDATE work SET attempts = attempts + 1, leased_until = 0, due_at = $4, reason = $5",
            [.int(due.unixSeconds), .text(reason)]
        )
    }

    package func giveUp(_ item: FetchJob, reason: String) async throws(StoreError) {
        try await change(
            "giving up work",
            item,
            "UPDATE work SET attempts = attempts + 1, leased_until = 0, gave_up = TRUE, reason = $4",
            [.text(reason)]
        )
    }

    private func change(
        _ operation: StaticString,
        _ item: FetchJob,
        _ statement: String,
        _ values: [SQLValue] = []
    ) async throws(StoreError) {
        try await execute(
            operation,
            repeats: false,
            [
                SQLStatement(
                    statement + " WHERE account = $1 AND kind = $2 AND id = $3",
                    [
                        .text(item.account ?? ""), .text(item.question.topic), .text(item.question.subject),
                    ] + values
                )
            ]
        )
    }

    package func reschedule(until latest: Instant) async throws(StoreError) {
        let late = "NOT gave_up AND (due_at > $1 OR leased_until > $1)"
        // Reading is cheap, while a write would sync the disk even if no item is late.
        let isNeeded = try await query("looking for work") { session in
            try session.row(
                Query("SELECT EXISTS (SELECT 1 FROM work WHERE \(late)) AS late", [.int(latest.unixSeconds)])
                {
                    try $0.bool("late")
                }
            )
        }
        guard isNeeded == true else { return }
        let hastening = SQLStatement(
            """
            UPDATE work
            SET due_at = CASE WHEN due_at > $1 THEN $1 ELSE due_at END,
                leased_until = CASE WHEN leased_until > $1 THEN $1 ELSE leased_until END
            WHERE \(late)
            """,
            [.int(latest.unixSeconds)]
        )
        try await execute("rescheduling work", repeats: true, [hastening])
    }

    package func summary() async throws(StoreError) -> WorkSummary {
        let summary = try await query("counting work") { session in
            try session.row(
                Query(
                    """
                    SELECT count(*) FILTER (WHERE NOT gave_up) AS pending,
                        count(*) FILTER (WHERE gave_up) AS gave_up, min(due_at) FILTER (WHERE NOT gave_up) AS oldest
                    FROM work
                    """
                ) { row in
                    WorkSummary(
                        pending: Int(try row.int("pending")),
                        gaveUp: Int(try row.int("gave_up")),
                        oldestDueAt: try row.optionalInt("oldest").map(Instant.init(unixSeconds:))
                    )
                }
            )
        }
        return summary ?? WorkSummary(pending: 0, gaveUp: 0, oldestDueAt: nil)
    }

    package func givenUp(limit: Int) async throws(StoreError) -> [GivenUpWork] {
        try await query("listing work given up") { session in
            try session.rows(
                Query(
                    """
                    SELECT account, kind, id, attempts, reason
                    FROM work
                    WHERE gave_up
                    ORDER BY sequence DESC
                    LIMIT $1
                    """,
                    [.int(Int64(limit))]
                ) { row in
                    let reason = try row.optionalText("reason") ?? ""
                    return try WorkRow.item(row).map { GivenUpWork($0, reason: reason) }
                }
            ).compactMap { $0 }
        }
    }
}

package enum WorkRow {
    /// Reads account, kind, id and attempts.
    ///
    /// - Returns: `nil` for a question that only a later version knows.
    @Sendable
    package static func item(_ row: SQLRow) throws -> FetchJob? {
        guard let question = StripeFetchRequest(topic: try row.text("kind"), subject: try row.text("id"))
        else {
            return nil
        }
        return FetchJob(
            question,
            account: try row.text("account").orNil,
            attempts: Int(try row.int("attempts"))
        )
    }
}
