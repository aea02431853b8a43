package import Billing
import Database
import PostgresClient
package import Storage

extension PostgresStore {
    package func mark(_ ids: Set<String>, of key: CustomerKey, at now: Instant) async throws(StoreError) {
        try await run("marking a customer as erased") { connection throws(PostgresFailure) in
            try connection.transaction { () throws(PostgresFailure) in
                // Takes the lock of event recording: every event recorded after this transaction sees the
                // marks.
                try connection.execute(EventStatements.advisoryLock)
                try connection.execute(ErasureStatements.marking(ids, of: key, at: now))
            }
        }
    }

    package func eraseDerived(of key: CustomerKey) async throws(StoreError) -> Int {
        let account = key.account ?? ""
        let payments = try await payments(ofErased: key)
        var changed = 0
        for payment in payments {
            changed += try await withRebuildLock { connection throws(PostgresFailure) in
                try ProjectionRebuild(connection: connection, projection: self.projection)
                    .rowsChanged(byDerivingAgain: payment, account: account)
            }
        }
        try await withRebuildLock { connection throws(PostgresFailure) in
            // Remove the tables of a rebuild that was killed.
            try connection.run(script: ProjectionTables.rebuilt.removal)
            do {
                try PostgresSession.reading(connection).erase(key)
            } catch let failure as PostgresFailure {
                throw failure
            } catch {
                throw .corrupt
            }
        }
        return changed
    }

    /// Changes the derived tables under the lock of event recording, and only while no rebuild runs.
    ///
    /// A rebuild that began earlier would put back the data that it has already read.
    private func withRebuildLock<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Value
    ) async throws(StoreError) -> Value {
        let value = try await run("erasing", on: adding) { connection throws(PostgresFailure) in
            try connection.transaction { () throws(PostgresFailure) -> Value? in
                let lock = Query(
                    "SELECT pg_try_advisory_xact_lock(7226736, 'events'::regclass::oid::int) AS taken"
                ) { try $0.bool("taken") }
                guard try connection.row(lock) == true else { return nil }
                try connection.execute(EventStatements.advisoryLock)
                return try body(connection)
            }
        }
        guard let value else { throw StoreError(.busy, while: "erasing: a rebuild is under way") }
        return value
    }

    /// Does nothing: autovacuum removes the dead rows, and only the server can read their remains on disk.
    package func scrub() async throws(StoreError) {}

    package func marked(among ids: Set<String>, account: String?) async throws(StoreError) -> Set<String> {
        let marked = Query(
            "SELECT id FROM erased_ids WHERE account = $1 AND id = ANY($2)",
            [.text(account ?? ""), .texts(ids.sorted())]
        ) { try $0.text("id") }
        return Set(try await query("looking for erased customers") { try $0.rows(marked) })
    }
}

extension ProjectionRebuild {
    /// Derives one payment again from the events about its objects.
    ///
    /// - Returns: The number of its rows that changed.
    fileprivate func rowsChanged(
        byDerivingAgain payment: Int64,
        account: String
    ) throws(PostgresFailure) -> Int {
        let before = try connection.rows(StoredTransaction.ofPayment(payment))
        try deriveAgain(payment, account: account)
        let after = try connection.rows(StoredTransaction.named(before.map(\.transaction.id)))
        return StoredTransaction.changed(from: before, to: after)
    }
}
