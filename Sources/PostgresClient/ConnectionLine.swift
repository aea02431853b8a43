import Dispatch
import Synchronization

/// A connection and the one thread that waits for it, made again when it breaks.
///
/// Waiting for a database must not hold one of Swift's few cooperative threads.
package final class ConnectionLine: Sendable {
    /// Makes connections: the URL, and what a session is told before it is used.
    package struct Origin: Sendable {
        let url: PostgresURL
        let limits: PostgresConnection.Limits
        let settings: [String]
        let role: PostgresURL.Role
        let examine: @Sendable (PostgresConnection) throws(PostgresFailure) -> Void
        let onFailure: @Sendable (PostgresFailure) -> Void

        /// - Parameters:
        ///   - url: The database.
        ///   - limits: What each session is held to.
        ///   - settings: Assignments such as `jit = off`, set in each session.
        ///   - role: What is to be done with the database.
        ///   - examine: Looks at the server behind a new connection, and refuses one that is not fit.
        ///   - onFailure: Told, from any thread, why no connection came about.
        package init(
            url: PostgresURL,
            limits: PostgresConnection.Limits,
            settings: [String] = [],
            role: PostgresURL.Role = .writer,
            examine: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Void = { _ in },
            onFailure: @escaping @Sendable (PostgresFailure) -> Void = { _ in }
        ) {
            self.url = url
            self.limits = limits
            self.settings = settings
            self.role = role
            self.examine = examine
            self.onFailure = onFailure
        }

        func connect() throws(PostgresFailure) -> PostgresConnection {
            let connection = try PostgresConnection(url, limits: limits, role: role)
            // Before anything is set: behind a pooler it would be set for others.
            let isShared = try TransactionPooling.isFound(on: connection) { () throws(PostgresFailure) in
                var brief = limits
                (brief.statement, brief.slack) = (1_000, 1_000)
                return try PostgresConnection(url, limits: brief, role: role)
            }
            if isShared { throw .unfit(TransactionPooling()) }
            let settings =
                [
                    "statement_timeout = \(limits.statement)", "lock_timeout = \(limits.lock)",
                    "idle_in_transaction_session_timeout = \(limits.idleInTransaction)",
                ] + settings
            try connection.run(script: settings.map { "SET \($0)" }.joined(separator: ";"))
            try examine(connection)
            return connection
        }
    }

    /// What the thread of the line holds.
    package struct Session {
        private let origin: Origin
        private var connection: PostgresConnection?
        private var failures = 0
        private var notBefore = ContinuousClock.now

        init(_ origin: Origin) { self.origin = origin }

        /// The connection, made anew where there is none that works.
        ///
        /// After a failure the next attempt has to wait, for twice as long each time; until then this fails at once.
        package mutating func connected() throws(PostgresFailure) -> PostgresConnection {
            if let connection, !connection.isStale { return connection }
            connection = nil
            guard notBefore <= .now else { throw .connection }
            do throws(PostgresFailure) {
                let made = try origin.connect()
                connection = made
                failures = 0
                return made
            } catch {
                failures += 1
                origin.onFailure(error)
                notBefore = .now + Self.pause(afterFailures: failures)
                throw error
            }
        }

        package mutating func disconnect() { connection = nil }

        /// 50 ms to 1 s: a database that comes back is not to be waited for much longer than it took.
        static func pause(afterFailures failures: Int) -> Duration {
            .milliseconds(min(1000, 25 << min(failures, 6)))
        }
    }

    private let queue: DispatchQueue
    private let session: Mutex<Session>

    package init(_ origin: Origin, label: String) {
        queue = DispatchQueue(label: label)
        session = Mutex(Session(origin))
    }

    /// Runs a job on the line's thread, after those that came before.
    package func submit(_ job: @escaping @Sendable (inout Session) -> Void) {
        // The lock is never waited for: only this queue takes it.
        queue.async { self.session.withLock { job(&$0) } }
    }

    /// Runs `body` with the connection, on the line's thread.
    ///
    /// - Parameters:
    ///   - repeats: Whether it may be done twice: it is, once, on a new connection where the old one broke.
    ///   - body: What to do.
    /// - Returns: What `body` returns.
    /// - Throws: ``PostgresFailure``
    package func run<Value: Sendable>(
        repeats: Bool,
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Value
    ) async throws(PostgresFailure) -> Value {
        let result: Result<Value, PostgresFailure> = await withCheckedContinuation { continuation in
            submit { session in
                continuation.resume(returning: Self.run(repeats: repeats, in: &session, body))
            }
        }
        return try result.get()
    }

    private static func run<Value: Sendable>(
        repeats: Bool,
        in session: inout Session,
        _ body: (PostgresConnection) throws(PostgresFailure) -> Value
    ) -> Result<Value, PostgresFailure> {
        var attempts = repeats ? 2 : 1
        while true {
            attempts -= 1
            do throws(PostgresFailure) {
                return .success(try attempt(in: &session, body))
            } catch {
                guard error.isPassing, attempts > 0 else { return .failure(error) }
            }
        }
    }

    private static func attempt<Value>(
        in session: inout Session,
        _ body: (PostgresConnection) throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> Value {
        let connection = try session.connected()
        do throws(PostgresFailure) {
            return try body(connection)
        } catch {
            if connection.isBroken { session.disconnect() }
            throw error
        }
    }

    /// Ends the connection, after what was submitted before.
    package func close() async {
        await withCheckedContinuation { continuation in
            submit { session in
                session.disconnect()
                continuation.resume()
            }
        }
    }
}

extension PostgresConnection {
    /// How a database transaction begins.
    package enum Beginning: String {
        case usual = "BEGIN"
        /// All its statements read the same state of the database.
        case snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }

    /// Runs `body` in a database transaction; one that fails is rolled back.
    package func transaction<Value>(
        _ beginning: Beginning = .usual,
        _ body: () throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> Value {
        do throws(PostgresFailure) {
            try execute(Command(beginning.rawValue))
            let value = try body()
            try execute(Command("COMMIT"))
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    /// Reads, decides and writes in one database transaction, in two round trips.
    ///
    /// - Parameters:
    ///   - reading: The statements that come first.
    ///   - decide: Is given what each of them gave, and says what comes of it and what is written.
    /// - Returns: What comes of it.
    /// - Throws: ``PostgresFailure``; then nothing was written, unless the connection broke.
    package func transaction<Value>(
        reading: [Command],
        _ decide: ([Rows]) throws(PostgresFailure) -> (Value, writing: [Command])
    ) throws(PostgresFailure) -> Value {
        do throws(PostgresFailure) {
            let answers = try execute([Command(Beginning.usual.rawValue)] + reading)
            let decision = try decide(Array(answers.dropFirst()))
            _ = try execute(decision.writing + [Command("COMMIT")])
            return decision.0
        } catch {
            rollBack()
            throw error
        }
    }

    /// Reads one state of the database with several statements, in one round trip.
    ///
    /// - Returns: What each of them gave.
    package func snapshot(_ reading: [Command]) throws(PostgresFailure) -> [Rows] {
        do throws(PostgresFailure) {
            let answers = try execute(
                [Command(Beginning.snapshot.rawValue)] + reading + [Command("COMMIT")]
            )
            return Array(answers.dropFirst().dropLast())
        } catch {
            rollBack()
            throw error
        }
    }

    /// Ends a transaction that failed; a connection that cannot even do that is given up.
    package func rollBack() {
        if !isBroken { _ = try? execute(Command("ROLLBACK")) }
    }
}
