import Dispatch
import Synchronization

/// A connection with its own serial queue, reconnected when it breaks.
///
/// libpq blocks while it waits, and must not block one of Swift's few cooperative threads.
package final class DedicatedConnection: Sendable {
    /// Makes connections: the URL, and the settings of each new session.
    package struct Origin: Sendable {
        let url: PostgresURL
        let limits: PostgresConnection.Limits
        let settings: [String]
        let role: PostgresURL.Role
        let examine: @Sendable (PostgresConnection) throws(PostgresFailure) -> Void
        let onFailure: @Sendable (PostgresFailure) -> Void

        /// - Parameters:
        ///   - url: The URL of the database.
        ///   - limits: The time limits of each session.
        ///   - settings: Assignments such as `jit = off`, set in each session.
        ///   - role: Whether the sessions write.
        ///   - examine: Checks the server behind a new connection; throws if it is unfit.
        ///   - onFailure: Called on any thread with the reason when connecting fails.
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
            // Check before any SET: behind a pooler the settings would apply to other clients.
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

    /// The connection and its state of reconnecting, used on the queue only.
    package struct Session {
        private let origin: Origin
        private var connection: PostgresConnection?
        private var failures = 0
        private var notBefore = ContinuousClock.now

        init(_ origin: Origin) { self.origin = origin }

        /// Returns the connection, and reconnects if there is none that works.
        ///
        /// After a failure the next attempt must wait, twice as long after each; until then this fails at
        /// once.
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

        /// 50 ms to 1 s: after a short outage of the database, work resumes quickly.
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

    /// Runs a job on the queue, after the jobs submitted before.
    package func submit(_ job: @escaping @Sendable (inout Session) -> Void) {
        // The lock is never contended: only this queue takes it.
        queue.async { self.session.withLock { job(&$0) } }
    }

    /// Runs `body` with the connection, on the queue.
    ///
    /// - Parameters:
    ///   - repeats: Whether `body` may run twice: if the connection breaks, it is retried once on a new one.
    ///   - body: The work.
    /// - Returns: The result of `body`.
    /// - Throws: ``PostgresFailure`` of the last attempt.
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

    /// Closes the connection after the jobs submitted before.
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
    /// The statement that begins a database transaction.
    package enum Beginning: String {
        case usual = "BEGIN"
        /// Read only; all statements read the same snapshot of the database.
        case snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }

    /// Runs `body` in a database transaction, and rolls back if it throws.
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

    /// Reads, decides and writes in one database transaction with two round trips.
    ///
    /// - Parameters:
    ///   - reading: The statements to run first.
    ///   - decide: Gets the rows of each statement, and returns the result and the statements that write.
    /// - Returns: The result of `decide`.
    /// - Throws: ``PostgresFailure``; nothing was written then, unless the connection broke during the
    ///   commit.
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

    /// Runs several statements on the same snapshot of the database, in one round trip.
    ///
    /// - Returns: The rows of each statement.
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

    /// Rolls back a failed transaction, unless the connection is broken; an error of ROLLBACK itself is
    /// ignored.
    package func rollBack() {
        if !isBroken { _ = try? execute(Command("ROLLBACK")) }
    }
}
