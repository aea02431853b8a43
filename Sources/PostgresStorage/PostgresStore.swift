package import PostgresClient
package import Storage

/// The store on PostgreSQL: for any number of replicas that share one database.
///
/// A database that is away makes this store refuse, never stop: it connects again by itself, and
/// ``checkReady()`` says when it is back.
package final class PostgresStore: Store {
    let projection: ProjectionPolicy
    let pool: ConnectionPool
    let writer: BatchWriter
    /// For rebuilding, which holds its lock for as long as the connection lives.
    let rebuilding: ConnectionLine
    /// For taking facts of usage in, a batch at a time: replicas do it in turn.
    let intake: ConnectionLine
    /// For adding usage up, which takes a while: pages that need not wait for that do not.
    let adding: ConnectionPool
    let inFlight = InFlight()
    let marks = ErasedMarks()

    /// Connects, and brings the tables up to date as needed, in turn with other replicas.
    ///
    /// - Parameters:
    ///   - url: The database.
    ///   - projection: Which events become part of the feed.
    ///   - limits: How much may wait to be written.
    ///   - poolSize: How many connections there are beside the writer's; each is made when it is needed.
    ///   - onFault: Told, from any thread and again and again, why the database cannot be used while it cannot.
    /// - Returns: The store.
    /// - Throws: ``PostgresStartError``, or ``StoreError`` for what else the database refuses.
    package static func open(
        _ url: PostgresURL,
        projection: ProjectionPolicy = ProjectionPolicy(),
        limits: EventBatches.Limits = EventBatches.Limits(),
        poolSize: Int = 4,
        onFault: @escaping @Sendable (PostgresStartError) -> Void = { _ in }
    ) async throws -> PostgresStore {
        var patient = PostgresConnection.Limits()
        // A migration may rewrite a table, and others may wait for it.
        (patient.statement, patient.lock) = (3_600_000, 600_000)
        let line = ConnectionLine(
            .store(url, limits: patient),
            label: "console-billing.postgres.migrations"
        )
        do {
            try await line.run(repeats: false) { connection throws(PostgresFailure) in
                try Migrator.migrate(connection)
                if try PostgresMove.isUnderWay(connection) { throw .unfit(PostgresStartError.halfMoved) }
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
            .store(url, limits: usual, settings: Self.byKey, onFault: onFault),
            limits: limits,
            erasure: ErasureAtRecording(marks: marks, projection: projection)
        )
        rebuilding = ConnectionLine(
            .store(url, limits: patient, settings: Self.byKey, onFault: onFault),
            label: "console-billing.postgres.rebuilding"
        )
        var unhurried = usual
        // Between what it reads and what it writes a batch is thought about.
        (unhurried.statement, unhurried.lock, unhurried.idleInTransaction) = (60_000, 30_000, 20_000)
        let origin = ConnectionLine.Origin
            .store(url, limits: unhurried, settings: Self.byKey, onFault: onFault)
        intake = ConnectionLine(origin, label: "console-billing.postgres.intake")
        adding = ConnectionPool(origin, size: 2)
    }

    /// What the projection reads it reads by key.
    ///
    /// Before the server has counted the rows of a new table it would rather read the whole of it, and would for
    /// the life of a prepared statement.
    static let byKey = ["enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off"]

    /// Runs statements on a connection of the pool.
    ///
    /// - Parameters:
    ///   - operation: What is done, for the error.
    ///   - repeats: Whether it may be done twice; false for what would then count twice.
    ///   - other: Another pool than the usual one.
    ///   - body: Runs the statements.
    /// - Returns: What `body` returns.
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
        try writer.checkCapacity()
        // Of several hosts the one that takes writes was chosen; it may have been demoted since.
        let isReadOnly = try await run("checking readiness") { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Command(
                    """
                    SELECT current_setting('transaction_read_only') = 'on',
                        EXISTS (SELECT 1 FROM events LIMIT 1)
                    """
                )
            )
            return rows.count == 1 && rows.bool(0, 0)
        }
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
