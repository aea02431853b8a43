import Billing
import Database
import PostgresClient
import Storage

extension ErasureTombstones {
    /// Whether another replica has added marks that this process does not know.
    ///
    /// If so, the marks are loaded and the database transaction is rolled back.
    func isBehind(_ revision: Rows, _ connection: PostgresConnection) throws(PostgresFailure) -> Bool {
        let newest = try revision.decoded { try $0.int("revision") }
        guard let newest = newest.first, newest > self.revision else { return false }
        let marks = try connection.rows(ErasureStatements.marks(after: self.revision))
        connection.rollBack()
        for mark in marks {
            add(CollectionOfOne(mark.id), of: mark.customer, account: mark.account, revision: mark.sequence)
        }
        return true
    }
}

/// The SQL for the marks of erased customers.
enum ErasureStatements {
    /// The number of the newest mark; each new mark has a higher one.
    static let revision = Command("SELECT coalesce(max(sequence), 0) AS revision FROM erased_ids")

    static func marks(
        after revision: Int64
    ) -> Query<(sequence: Int64, account: String, id: String, customer: String)> {
        Query(
            "SELECT sequence, account, id, customer FROM erased_ids WHERE sequence > $1 ORDER BY sequence",
            [.int(revision)]
        ) { row in
            (
                try row.int("sequence"), try row.text("account"), try row.text("id"),
                try row.text("customer")
            )
        }
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
