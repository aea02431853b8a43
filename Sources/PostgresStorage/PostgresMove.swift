import Database
package import PostgresClient
package import Storage

/// Moves all rows of a store into an empty PostgreSQL database.
///
/// The position is written to the database in the same transaction as the rows, so an interrupted move
/// continues where it stopped. Until the rows are moved and compared, the service refuses to start on that
/// database.
package struct PostgresMove: Sendable {
    package enum Fault: Error, Equatable, CustomStringConvertible {
        case targetIsInUse
        case otherSource
        case differs(table: String, rows: Int)

        package var description: String {
            switch self {
            case .targetIsInUse: "The database is in use already. Move into one that is empty."
            case .otherSource:
                "A move from another database was begun into this one. Go on with that, or begin with an empty one."
            case .differs(let table, let rows):
                "After the move \(rows) rows of \(table) are not what they were. Nothing was removed; move into an empty "
                    + "database again."
            }
        }
    }

    /// A progress report.
    package enum Step: Sendable, Equatable {
        case moved(rows: Int)
        case compared(rows: Int)
    }

    private static let batchSize = 500

    private let source: any StoreSource
    private let name: String
    private let line: DedicatedConnection

    /// - Parameters:
    ///   - source: The store to move; no process may write to it meanwhile.
    ///   - name: Identifies the source, so that an interrupted move continues only from the same one.
    ///   - target: The database to move into.
    package init(from source: any StoreSource, named name: String, to target: PostgresURL) {
        self.source = source
        self.name = name
        var limits = PostgresConnection.Limits()
        (limits.statement, limits.lock) = (600_000, 60_000)
        line = DedicatedConnection(
            .store(target, limits: limits, settings: PostgresStore.indexOnlySettings),
            label: "console-billing.postgres.moving"
        )
    }

    /// Moves and compares all rows, and makes the database ready for the service.
    ///
    /// - Parameter onStep: Called after each batch.
    /// - Returns: The number of rows of each table.
    /// - Throws: ``Fault``, ``PostgresStartError``, ``StoreError``.
    package func run(onStep: @Sendable (Step) throws -> Void = { _ in }) async throws -> [String: Int] {
        do {
            let counts = try await moved(onStep: onStep)
            await line.close()
            return counts
        } catch {
            await line.close()
            guard let failure = error as? PostgresFailure else { throw error }
            if let fault = PostgresStartError(failure) { throw fault }
            throw StoreError(failure, while: "moving")
        }
    }

    private func moved(onStep: (Step) throws -> Void) async throws -> [String: Int] {
        let isDone = try await begin()
        var counts: [String: Int] = [:]
        for table in StoreTable.all {
            if !isDone { try await copy(table, onStep: onStep) }
            do {
                counts[table.name] = try await compare(table, onStep: onStep)
            } catch Fault.differs where isDone {
                // The rows were equal when the move finished, so something has written to the database since.
                throw Fault.targetIsInUse
            }
        }
        // The move finished in an earlier process, which was killed before it could report success.
        if isDone { return counts }
        try await on { connection throws(PostgresFailure) in
            try connection.transaction { () throws(PostgresFailure) in
                for table in StoreTable.all where table.isNumbered {
                    try connection.execute(Command(Self.numbering(table), isPrepared: false))
                }
                try connection.run(script: "ALTER TABLE store_move RENAME TO store_moved")
            }
            try connection.run(script: "ANALYZE")
        }
        return counts
    }

    private func on<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Value
    ) async throws(PostgresFailure) -> Value {
        try await line.run(repeats: false, body)
    }

    // MARK: Beginning

    private enum Beginning { case ours, done, inUse, otherSource }

    /// - Returns: Whether the move finished earlier.
    private func begin() async throws -> Bool {
        let beginning = try await on { [name] connection throws(PostgresFailure) in
            try Migrator.migrate(connection)
            return try connection.transaction { () throws(PostgresFailure) -> Beginning in
                if try Self.isUnderWay(connection) {
                    try Self.register(name, connection)
                    return try Self.source(in: "store_move", connection) == name ? .ours : .otherSource
                }
                if try Self.isFilled(connection) {
                    guard try Self.exists("store_moved", connection) else { return .inUse }
                    return try Self.source(in: "store_moved", connection) == name ? .done : .inUse
                }
                try connection.run(script: "DROP TABLE IF EXISTS store_moved")
                try connection.run(
                    script:
                        "CREATE TABLE store_move (table_name TEXT PRIMARY KEY, position TEXT NOT NULL, source TEXT)"
                )
                try Self.register(name, connection)
                return .ours
            }
        }
        switch beginning {
        case .ours: return false
        case .done: return true
        case .inUse: throw Fault.targetIsInUse
        case .otherSource: throw Fault.otherSource
        }
    }

    /// Adds a row for each table at its first position, unless the row exists.
    private static func register(
        _ source: String,
        _ connection: PostgresConnection
    ) throws(PostgresFailure) {
        try connection.execute(
            Command(
                """
                INSERT INTO store_move (table_name, position, source)
                SELECT t.name, '', coalesce((SELECT source FROM store_move LIMIT 1), $2)
                FROM unnest($1::text[]) AS t (name)
                ON CONFLICT DO NOTHING
                """,
                [.texts(StoreTable.all.map(\.name)), .text(source)]
            )
        )
    }

    private static func isFilled(_ connection: PostgresConnection) throws(PostgresFailure) -> Bool {
        let any = StoreTable.all.map { "EXISTS (SELECT 1 FROM \($0.name))" }.joined(separator: " OR ")
        let filled = Query("SELECT \(any) AS filled", isPrepared: false) { try $0.bool("filled") }
        return try connection.row(filled) ?? false
    }

    private static func source(
        in table: String,
        _ connection: PostgresConnection
    ) throws(PostgresFailure) -> String? {
        try connection.row(Query("SELECT source FROM \(table) LIMIT 1") { try $0.text("source") })
    }

    /// Whether a move into this database has begun and not finished.
    static func isUnderWay(_ connection: PostgresConnection) throws(PostgresFailure) -> Bool {
        try exists("store_move", connection)
    }

    /// - Throws: ``PostgresFailure/unfit(_:)`` while a move into this database has not finished.
    static func refuseHalfMoved(_ connection: PostgresConnection) throws(PostgresFailure) {
        if try isUnderWay(connection) { throw .unfit(PostgresStartError.halfMoved) }
    }

    private static func exists(
        _ table: String,
        _ connection: PostgresConnection
    ) throws(PostgresFailure) -> Bool {
        let found = Query("SELECT to_regclass($1::text) IS NOT NULL AS found", [.text(table)]) { row in
            try row.bool("found")
        }
        return try connection.row(found) ?? false
    }

    // MARK: Moving

    private func copy(_ table: StoreTable, onStep: (Step) throws -> Void) async throws {
        var position = try await self.position(in: table)
        while true {
            let batch = try await source.rows(of: table, after: position, limit: Self.batchSize)
            guard !batch.rows.isEmpty else { return }
            let isMoved = try await on { [position] connection throws(PostgresFailure) in
                try connection.transaction { () throws(PostgresFailure) in
                    // This statement goes first: it waits for a transaction that a killed process may have
                    // left on the server, and then updates no row if that transaction moved the position.
                    let step = try connection.execute(
                        Command(
                            "UPDATE store_move SET position = $1 WHERE table_name = $2 AND position = $3",
                            [.text(batch.position), .text(table.name), .text(position)]
                        )
                    )
                    guard step.affected == 1 else { return false }
                    try connection.execute(
                        Command(Self.inserting(table), Self.parameters(batch.rows, table.columns))
                    )
                    return true
                }
            }
            position = isMoved ? batch.position : try await self.position(in: table)
            if isMoved { try onStep(.moved(rows: batch.rows.count)) }
        }
    }

    private func position(in table: StoreTable) async throws(PostgresFailure) -> String {
        try await on { connection throws(PostgresFailure) in
            let stored = Query("SELECT position FROM store_move WHERE table_name = $1", [.text(table.name)]) {
                row in
                try row.text("position")
            }
            guard let position = try connection.row(stored) else { throw .unexpected }
            return position
        }
    }

    // MARK: Comparing

    /// - Returns: The number of rows.
    private func compare(_ table: StoreTable, onStep: (Step) throws -> Void) async throws -> Int {
        let count = try await source.count(of: table)
        let moved = try await on { connection throws(PostgresFailure) in
            let rows = Query("SELECT count(*) AS rows FROM \(table.name)", isPrepared: false) {
                try $0.int("rows")
            }
            return Int(try connection.row(rows) ?? -1)
        }
        guard count == moved else { throw Fault.differs(table: table.name, rows: abs(count - moved)) }
        let keyColumns = table.key.compactMap { name in table.columns.firstIndex { $0.name == name } }
        var position = ""
        while true {
            let batch = try await source.rows(of: table, after: position, limit: Self.batchSize)
            guard !batch.rows.isEmpty else { return count }
            position = batch.position
            let found = try await on { connection throws(PostgresFailure) in
                let rows = try connection.execute(
                    Command(
                        Self.finding(table),
                        Self.parameters(
                            batch.rows.map { row in keyColumns.map { row[$0] } },
                            keyColumns.map { table.columns[$0] }
                        )
                    )
                )
                return Set(try rows.decoded { row in try table.columns.map { try Self.value(row, $0) } })
            }
            let differing = batch.rows.count { !found.contains($0) }
            guard differing == 0 else { throw Fault.differs(table: table.name, rows: differing) }
            try onStep(.compared(rows: batch.rows.count))
        }
    }

    // MARK: SQL

    private static func inserting(_ table: StoreTable) -> String {
        let names = table.columns.map(\.name).joined(separator: ", ")
        return "INSERT INTO \(table.name) (\(names)) SELECT * FROM unnest(\(arrays(table.columns)))"
    }

    private static func finding(_ table: StoreTable) -> String {
        let columns = table.key.compactMap { name in table.columns.first { $0.name == name } }
        let matches = table.key.map { "t.\($0) = k.\($0)" }.joined(separator: " AND ")
        return """
            SELECT \(table.columns.map { "t." + $0.name }.joined(separator: ", "))
            FROM unnest(\(arrays(columns))) AS k (\(table.key.joined(separator: ", ")))
            JOIN \(table.name) t ON \(matches)
            """
    }

    private static func arrays(_ columns: [StoreTable.Column]) -> String {
        columns.enumerated().map { "$\($0 + 1)::\($1.kind.postgresType)[]" }.joined(separator: ", ")
    }

    /// Sets the sequence above the moved numbers.
    private static func numbering(_ table: StoreTable) -> String {
        """
        SELECT setval(
            pg_get_serial_sequence('\(table.name)', 'sequence'),
            (SELECT coalesce(max(sequence), 0) + 1 FROM \(table.name)), FALSE)
        """
    }

    private static func parameters(_ rows: [[StoreValue]], _ columns: [StoreTable.Column]) -> [Parameter] {
        columns.enumerated().map { index, column in
            let values = rows.map { $0[index] }
            return switch column.kind {
            case .integer: .ints(values.map(\.integer))
            // No event has a number below 0, so no future payment gets the number of a moved one.
            case .payment: .ints(values.map { value in value.integer.map { -$0 } })
            case .flag: .bools(values.map { $0.integer.map { $0 != 0 } })
            case .text: .texts(values.map(\.text))
            case .bytes: .byteStrings(values.map(\.bytes))
            }
        }
    }

    private static func value(_ row: SQLRow, _ column: StoreTable.Column) throws -> StoreValue {
        switch column.kind {
        case .integer: try row.optionalInt(column.name).map { .integer($0) } ?? .null
        case .payment: try row.optionalInt(column.name).map { .integer(-$0) } ?? .null
        case .flag: try row.optionalBool(column.name).map { .integer($0 ? 1 : 0) } ?? .null
        case .text: try row.optionalText(column.name).map { .text($0) } ?? .null
        case .bytes: try row.optionalBytes(column.name).map { .bytes($0) } ?? .null
        }
    }
}

extension StoreTable.Kind {
    fileprivate var postgresType: String {
        switch self {
        case .integer, .payment: "bigint"
        case .flag: "bool"
        case .text: "text"
        case .bytes: "bytea"
        }
    }
}

extension StoreValue {
    fileprivate var integer: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    fileprivate var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    fileprivate var bytes: [UInt8]? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }
}
