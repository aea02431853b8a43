import Database
package import PostgresClient
package import Storage

/// The store on PostgreSQL, for any number of replicas that share one database.
///
/// While the database is unavailable, each call fails and the process continues. The store reconnects by
/// itself; ``checkReady()`` succeeds again when the database is back.
package final class PostgresStore: Store {
    let projection: ProjectionPolicy
    let pool: ConnectionPool
    let writer: BatchWriter
    /// For rebuilds, which hold a lock that lasts as long as the connection.
    let rebuilding: DedicatedConnection
    /// For storing facts of usage in batches, one after another; the replicas take turns too.
    let intake: ConnectionPool
    /// For aggregating usage, which is slow: other queries must not wait for it.
    let adding: ConnectionPool
    let inFlight = CloseGate()
    let marks = ErasureTombstones()

    /// Connects and runs missing migrations, one replica at a time.
    ///
    /// - Parameters:
    ///   - url: The database.
    ///   - projection: Which events become part of the feed.
    ///   - limits: How many events may wait to be written.
    ///   - poolSize: The number of connections in the general pool; each is opened when it is first needed.
    ///   - onFault: Called on any thread with the reason each time connecting fails.
    /// - Returns: The store.
    /// - Throws: ``PostgresStartError``, or ``StoreError`` for any other error of the database.
    package static func open(
        _ url: PostgresURL,
        projection: ProjectionPolicy = ProjectionPolicy(),
        limits: EventBatches.Limits = EventBatches.Limits(),
        poolSize: Int = 4,
        onFault: @escaping @Sendable (PostgresStartError) -> Void = { _ in }
    ) async throws -> PostgresStore {
        var patient = PostgresConnection.Limits()
        // A migration may rewrite a table, and other replicas may wait for that.
        (patient.statement, patient.lock) = (3_600_000, 600_000)
        let line = DedicatedConnection(
            .store(url, limits: patient),
            label: "console-billing.postgres.migrations"
        )
        do {
            try await line.run(repeats: false) { connection throws(PostgresFailure) in
                try Migrator.migrate(connection)
                try TableCheck.examine(connection)
                try PostgresMove.refuseHalfMoved(connection)
                _ = try connection.rows(StoredDictionaries.all)
            }
            await line.close()
        } catch {
            await line.close()
            if let fault = PostgresStartError(error) { throw fault }
            throw StoreError(error, while: "opening the database")
        }
        return PostgresStore(
            url,
            projection: projection,
            limits: limits,
            poolSize: poolSize,
            onFault: onFault
        )
    }

    private init(
        _ url: PostgresURL,
        projection: ProjectionPolicy,
        limits: EventBatches.Limits,
        poolSize: Int,
        onFault: @escaping @Sendable (PostgresStartError) -> Void
    ) {
        self.projection = projection
        let usual = PostgresConnection.Limits()
        var patient = usual
        (patient.statement, patient.idleInTransaction) = (3_600_000, 60_000)
        pool = ConnectionPool(
            .store(url, limits: usual, onFault: onFault),
            size: poolSize
        )
        writer = BatchWriter(
            .store(url, limits: usual, settings: Self.indexOnlySettings, onFault: onFault),
            limits: limits,
            projection: projection,
            marks: marks
        )
        rebuilding = DedicatedConnection(
            .store(url, limits: patient, settings: Self.indexOnlySettings, onFault: onFault),
            label: "console-billing.postgres.rebuilding"
        )
        var unhurried = usual
        // The process computes between a batch's reads and its writes, while the transaction is idle.
        (unhurried.statement, unhurried.lock, unhurried.idleInTransaction) = (60_000, 30_000, 20_000)
        let origin = DedicatedConnection.Origin
            .store(url, limits: unhurried, settings: Self.indexOnlySettings, onFault: onFault)
        intake = ConnectionPool(origin, size: 1)
        adding = ConnectionPool(origin, size: 2)
    }

    /// Settings that make the planner use indexes.
    ///
    /// All reads of the projection are by key. Without statistics of a new table the planner would scan the
    /// table, and would keep that plan as long as the prepared statement exists.
    static let indexOnlySettings = [
        "enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off",
    ]

    /// Runs statements on a connection of a pool.
    ///
    /// - Parameters:
    ///   - operation: The operation, for the error.
    ///   - repeats: Whether `body` may run twice; false if a second run would change the result.
    ///   - other: A pool to use instead of the general one.
    ///   - body: Runs the statements.
    /// - Returns: The result of `body`.
    /// - Throws: ``StoreError``
    func run<Value: Sendable>(
        _ operation: StaticString,
        repeats: Bool = true,
        on other: ConnectionPool? = nil,
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Value
    ) async throws(StoreError) -> Value {
        try inFlight.begin(operation)
        defer { inFlight.end() }
        do throws(PostgresFailure) {
            return try await (other ?? pool).run(repeats: repeats, body)
        } catch {
            throw StoreError(error, while: operation)
        }
    }

    package func checkReady() async throws(StoreError) {
        try writer.batches.checkCapacity()
        // The connection was made to a host that accepts writes; that host may have been demoted since.
        let isReadOnly = try await run("checking readiness") { connection throws(PostgresFailure) in
            let state = Query(
                """
                SELECT current_setting('transaction_read_only') = 'on' AS read_only,
                    EXISTS (SELECT 1 FROM events LIMIT 1)
                """
            ) { try $0.bool("read_only") }
            if try connection.row(state) == true { return true }
            return try connection.row(TableCheck.unwritable) != nil
        }
        // The user may have lost a privilege, too.
        if isReadOnly { throw StoreError(.readOnly, while: "checking readiness") }
    }

    package func close() async {
        await writer.close()
        await inFlight.close()
        await pool.close()
        await rebuilding.close()
        await intake.close()
        await adding.close()
    }
}
