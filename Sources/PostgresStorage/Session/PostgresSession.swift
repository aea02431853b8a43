import Database
import PostgresClient

/// A session on a connection to PostgreSQL.
///
/// In a transaction, BEGIN and the lock are sent with the first statements, and deferred statements with the
/// next ones or with COMMIT: a transaction that reads once and then writes takes two round trips.
final class PostgresSession: Session {
    private let connection: PostgresConnection
    private let isTransaction: Bool
    private var waiting: [Command]

    /// Statements outside of a transaction.
    static func reading(_ connection: PostgresConnection) -> PostgresSession {
        PostgresSession(connection, isTransaction: false, waiting: [])
    }

    private init(_ connection: PostgresConnection, isTransaction: Bool, waiting: [Command]) {
        self.connection = connection
        self.isTransaction = isTransaction
        self.waiting = waiting
    }

    /// Runs `body` in a transaction, and rolls back if it throws.
    ///
    /// - Parameters:
    ///   - connection: The connection.
    ///   - beginning: How the transaction begins.
    ///   - lock: The statement that takes a lock.
    ///   - body: Runs the statements.
    /// - Returns: The result of `body`.
    /// - Throws: ``PostgresFailure``, or the error of `body`. Nothing was written then, unless the connection
    ///   broke during the commit.
    static func transaction<Value>(
        _ connection: PostgresConnection,
        _ beginning: PostgresConnection.Beginning = .usual,
        lock: Command? = nil,
        _ body: (PostgresSession) throws -> Value
    ) throws -> Value {
        let first = [Command(beginning.rawValue)] + [lock].compactMap(\.self)
        let session = PostgresSession(connection, isTransaction: true, waiting: first)
        do {
            let value = try body(session)
            _ = try connection.execute(session.waiting + [Command("COMMIT")])
            return value
        } catch {
            connection.rollBack()
            throw error
        }
    }

    /// Runs statements in one transaction and one round trip.
    ///
    /// - Returns: The number of rows that each statement inserted, updated or deleted.
    static func execute(
        _ statements: [SQLStatement],
        _ connection: PostgresConnection
    ) throws(PostgresFailure) -> [Int] {
        let commands = statements.map(Command.init)
        guard commands.count > 1 else { return try connection.execute(commands).map(affected) }
        do throws(PostgresFailure) {
            let answers = try connection.execute(
                [Command(PostgresConnection.Beginning.usual.rawValue)] + commands + [Command("COMMIT")]
            )
            return answers.dropFirst().dropLast().map(affected)
        } catch {
            connection.rollBack()
            throw error
        }
    }

    private static func affected(_ rows: Rows) -> Int { rows.isSelection ? 0 : rows.affected }

    var dialect: Dialect { .postgres }

    func run(
        _ statements: [SQLStatement],
        _ visit: (_ statement: Int, _ row: SQLRow) throws -> Void
    ) throws -> [Int] {
        let commands = statements.map(Command.init)
        let answers: [Rows]
        if isTransaction {
            let deferred = waiting
            waiting = []
            answers = Array(try connection.execute(deferred + commands).dropFirst(deferred.count))
        } else if commands.count > 1 {
            answers = try connection.snapshot(commands)
        } else {
            answers = try connection.execute(commands)
        }
        guard answers.count == commands.count else { throw PostgresFailure.unexpected }
        for (index, rows) in answers.enumerated() {
            let source = PostgresRow(rows)
            let row = SQLRow(source)
            for number in 0..<rows.count {
                source.number = number
                try visit(index, row)
            }
        }
        return answers.map(Self.affected)
    }

    func runLater(_ statements: [SQLStatement]) throws {
        guard isTransaction else { throw PostgresFailure.unexpected }
        waiting += statements.map(Command.init)
    }
}
