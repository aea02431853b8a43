import Billing
import PostgresClient
import Storage

/// Removes personal data of erased customers from events before they are recorded.
struct ErasureAtRecording: Sendable {
    let marks: ErasureTombstones
    let projection: ProjectionPolicy

    struct Batch {
        var events: [PreparedEvent] = []
        /// Adds marks for ids that the events showed to belong to an erased customer.
        var marking: [Command] = []
    }

    func applied(to arrived: [PreparedEvent]) -> Batch {
        arrived.reduce(into: Batch()) { batch, event in
            guard let erased = marks.applied(to: event, projection: projection) else {
                batch.events.append(event)
                return
            }
            batch.events.append(erased.event)
            batch.marking.append(
                ErasureStatements.marking(erased.ids, of: erased.key, at: event.receivedAt)
            )
        }
    }

    /// Whether another replica has added marks that this process does not know.
    ///
    /// If so, the marks are loaded and the database transaction is rolled back.
    func isBehind(_ revision: Rows, _ connection: PostgresConnection) throws(PostgresFailure) -> Bool {
        guard revision.count == 1, revision.int(0, 0) > marks.revision else { return false }
        let rows = try connection.execute(ErasureStatements.marks(after: marks.revision))
        connection.rollBack()
        for row in 0..<rows.count {
            marks.add(
                CollectionOfOne(rows.text(row, 2)),
                of: rows.text(row, 3),
                account: rows.text(row, 1),
                revision: rows.int(row, 0)
            )
        }
        return true
    }
}

/// The SQL for the marks of erased customers.
enum ErasureStatements {
    /// The number of the newest mark; each new mark has a higher one.
    static let revision = Command("SELECT coalesce(max(sequence), 0) FROM erased_ids")

    static func marks(after revision: Int64) -> Command {
        Command(
            "SELECT sequence, account, id, customer FROM erased_ids WHERE sequence > $1 ORDER BY sequence",
            [.int(revision)]
        )
    }

    static func marking(_ ids: Set<String>, of key: CustomerKey, at now: Instant) -> Command {
        Command(
            """
            INSERT INTO erased_ids (account, id, customer, erased_at)
            SELECT $1, t.id, $2, $3 FROM unnest($4::text[]) AS t (id)
            ON CONFLICT (account, id) DO NOTHING
            """,
            [.text(key.account ?? ""), .text(key.customer), .int(now.unixSeconds), .texts(ids.sorted())]
        )
    }
}
