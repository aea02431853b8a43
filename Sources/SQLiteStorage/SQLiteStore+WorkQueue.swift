package import Billing
import GRDB
package import Storage

extension SQLiteStore {
    package func lease(limit: Int, now: Instant, seconds: Int64) async throws(StoreError) -> [WorkItem] {
        let due = try await read("looking for work") { db in
            try Int.fetchOne(
                db,
                sql: "SELECT 1 FROM work WHERE gave_up = 0 AND due_at <= ? AND leased_until <= ? LIMIT 1",
                arguments: [now.unixSeconds, now.unixSeconds]
            )
        }
        // Reading is cheap, while a write would sync the disk at each poll, even if no work is due.
        guard due != nil else { return [] }
        return try await write("leasing work") { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    UPDATE work
                    SET leased_until = ?
                    WHERE sequence IN (
                        SELECT sequence
                        FROM work
                        WHERE gave_up = 0 AND due_at <= ? AND leased_until <= ?
                        ORDER BY due_at
                        LIMIT ?)
                    RETURNING account, kind, id, attempts
                    """,
                arguments: [
                    now.adding(seconds: seconds).unixSeconds, now.unixSeconds, now.unixSeconds, limit,
                ]
            )
            return rows.compactMap(Self.item)
        }
    }

    package func complete(_ item: WorkItem) async throws(StoreError) {
        try await update("completing work", item, "DELETE FROM work WHERE", [])
    }

    package func postpone(_ item: WorkItem, until due: Instant, reason: String) async throws(StoreError) {
        try await update(
            "postponing work",
            item,
            "UPDATE work SET attempts = attempts + 1, leased_until = 0, due_at = ?, reason = ? WHERE",
            [due.unixSeconds, reason]
        )
    }

    package func giveUp(_ item: WorkItem, reason: String) async throws(StoreError) {
        try await update(
            "giving up work",
            item,
            "UPDATE work SET attempts = attempts + 1, leased_until = 0, gave_up = 1, reason = ? WHERE",
            [reason]
        )
    }

    package func hasten(until latest: Instant) async throws(StoreError) {
        let isNeeded = try await read("looking for work") { db in
            try Bool.fetchOne(
                db,
                sql: "SELECT EXISTS (SELECT 1 FROM work WHERE gave_up = 0 AND max(due_at, leased_until) > ?)",
                arguments: [latest.unixSeconds]
            )
        }
        guard isNeeded == true else { return }
        try await write("hastening work") { db in
            try db.execute(
                sql: """
                    UPDATE work
                    SET due_at = min(due_at, :latest), leased_until = min(leased_until, :latest)
                    WHERE gave_up = 0 AND max(due_at, leased_until) > :latest
                    """,
                arguments: ["latest": latest.unixSeconds]
            )
        }
    }

    package func summary() async throws(StoreError) -> WorkSummary {
        try await read("counting work") { db in
            let sql = """
                SELECT count(*) FILTER (WHERE gave_up = 0), count(*) FILTER (WHERE gave_up = 1),
                    min(due_at) FILTER (WHERE gave_up = 0)
                FROM work
                """
            guard let row = try Row.fetchOne(db, sql: sql) else {
                return WorkSummary(pending: 0, gaveUp: 0, oldestDueAt: nil)
            }
            let oldest: Int64? = row[2]
            return WorkSummary(
                pending: row[0],
                gaveUp: row[1],
                oldestDueAt: oldest.map(Instant.init(unixSeconds:))
            )
        }
    }

    package func givenUp(limit: Int) async throws(StoreError) -> [GivenUpWork] {
        try await read("listing work given up") { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT account, kind, id, attempts, reason
                    FROM work
                    WHERE gave_up = 1
                    ORDER BY sequence DESC
                    LIMIT ?
                    """,
                arguments: [limit]
            )
            return rows.compactMap { row in
                Self.item(row).map { GivenUpWork($0, reason: row["reason"] ?? "") }
            }
        }
    }

    /// - Returns: `nil` for a question that only a later version knows.
    @Sendable
    private static func item(_ row: Row) -> WorkItem? {
        guard let question = StripeQuestion(topic: row["kind"], subject: row["id"]) else { return nil }
        let account: String = row["account"]
        return WorkItem(question, account: account.isEmpty ? nil : account, attempts: row["attempts"])
    }

    private func update(
        _ operation: StaticString,
        _ item: WorkItem,
        _ sql: String,
        _ arguments: StatementArguments
    ) async throws(StoreError) {
        let question = item.question
        let account = item.account ?? ""
        let leading = arguments
        try await write(operation) { db in
            try db.execute(
                sql: sql + " account = ? AND kind = ? AND id = ?",
                arguments: leading + [account, question.topic, question.subject]
            )
        }
    }
}
