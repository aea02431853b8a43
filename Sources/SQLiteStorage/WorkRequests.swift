import Billing
import GRDB

/// What an event asks for, and what it makes needless, written in the event's own database transaction.
struct WorkRequests {
    let account: String?
    let now: Instant
    let db: Database

    /// Brings what is asked about some objects in line with what is missing of their payment.
    ///
    /// - Parameters:
    ///   - told: The objects that an event told of, by name at least: what was asked about them and is no longer missing
    ///     has come by itself, and is taken back.
    ///   - missing: All that is missing.
    ///   - new: What of that is to be asked for; all, when left out.
    /// - Throws: `DatabaseError`.
    func settle(
        _ told: [ObjectReference],
        missing: [StripeQuestion],
        asking new: [StripeQuestion]? = nil
    ) throws {
        for question in told.flatMap(StripeQuestion.about) where !missing.contains(question) {
            try execute(
                "DELETE FROM work WHERE account = ? AND kind = ? AND id = ?",
                [account ?? "", question.topic, question.subject]
            )
        }
        try ask(new ?? missing)
    }

    /// Asks, unless that is asked already.
    ///
    /// What was given up is asked for again: something new is known of its payment.
    func ask(_ questions: [StripeQuestion]) throws {
        for question in questions {
            try execute(
                """
                INSERT INTO work (account, kind, id, due_at)
                VALUES (?, ?, ?, ?)
                ON CONFLICT (account, kind, id) DO UPDATE
                SET due_at = excluded.due_at, attempts = 0, gave_up = 0, reason = NULL
                WHERE gave_up = 1
                """,
                [
                    account ?? "", question.topic, question.subject,
                    now.adding(seconds: question.patienceSeconds).unixSeconds,
                ]
            )
        }
    }

    private func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
