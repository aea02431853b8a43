import CPostgres
import Database

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A statement and its parameters.
package struct Command {
    let sql: String
    let parameters: [Parameter]
    /// Whether the statement is prepared and kept on the connection; `false` for SQL that is built for each
    /// call.
    let isPrepared: Bool

    package init(_ sql: String, _ parameters: [Parameter] = [], isPrepared: Bool = true) {
        self.sql = sql
        self.parameters = parameters
        self.isPrepared = isPrepared
    }
}

/// One connection, used by one thread at a time; its calls block.
///
/// libpq is used in non-blocking mode with `poll`, so that a silent server costs a deadline and does not
/// block the thread forever.
package final class PostgresConnection {
    /// The time limits of a session, in milliseconds.
    package struct Limits: Sendable {
        package var statement: Int32 = 15_000
        package var lock: Int32 = 10_000
        /// How long a transaction may be idle: a replica that stops in the middle blocks all others.
        package var idleInTransaction: Int32 = 5_000
        /// How much longer than `statement` the client waits before it gives up the connection.
        package var slack: Int32 = 5_000

        package init() {}
    }

    private let connection: OpaquePointer
    private let limits: Limits
    private var prepared: Set<String> = []
    package private(set) var isBroken = false

    /// Connects; this may take the URL's timeout for each of its hosts.
    ///
    /// - Throws: ``PostgresFailure/unreachable(_:)`` with libpq's message.
    package init(
        _ url: PostgresURL,
        limits: Limits = Limits(),
        role: PostgresURL.Role = .writer
    ) throws(PostgresFailure) {
        let made = url.withConnectionParameters(for: role) { keywords, values in
            PQconnectdbParams(keywords, values, 1)
        }
        guard let made else { throw .connection }
        guard PQstatus(made) == CONNECTION_OK else {
            let reason = PQerrorMessage(made).map { String(cString: $0) } ?? ""
            PQfinish(made)
            throw .unreachable(reason.trimmingLines)
        }
        connection = made
        self.limits = limits
        // Discard the server's notices, which libpq prints on standard error by default.
        PQsetNoticeProcessor(made, { _, _ in }, nil)
        PQsetnonblocking(made, 1)
    }

    deinit { PQfinish(connection) }

    /// The server's process id announced at connection time; a pooler announces a number of its own.
    var announcedProcess: Int64 { Int64(PQbackendPID(connection)) }

    /// The id of the server process that runs the current statement.
    func serverProcess() throws(PostgresFailure) -> Int64 {
        let process = Query("SELECT pg_backend_pid() AS process", isPrepared: false) { try $0.int("process") }
        guard let found = try row(process) else { throw .unexpected }
        return found
    }

    /// The server's version, such as 150018.
    package var serverVersion: Int { Int(PQserverVersion(connection)) }

    /// Whether the server closed the connection while it was idle.
    var isStale: Bool {
        if isBroken { return true }
        // An idle server sends data only when it closes the connection.
        guard wait(for: Int16(POLLIN), milliseconds: 0) else { return false }
        return PQconsumeInput(connection) == 0 || PQstatus(connection) != CONNECTION_OK
    }

    /// Runs statements without parameters, one after another, in one round trip.
    package func run(script: String) throws(PostgresFailure) {
        guard PQsendQuery(connection, script) == 1 else { throw breaking(.connection) }
        let deadline = deadline()
        try flush(by: deadline)
        var failure: PostgresFailure?
        while let result = try next(by: deadline) {
            defer { PQclear(result) }
            failure = failure ?? Self.failure(of: result)
        }
        if let failure { throw noticing(failure) }
    }

    @discardableResult
    package func execute(_ command: Command) throws(PostgresFailure) -> Rows {
        guard let rows = try execute([command]).first else { throw breaking(.unexpected) }
        return rows
    }

    /// Runs statements in order in one round trip; after a failure the rest is skipped.
    ///
    /// - Returns: The rows of each statement.
    /// - Throws: ``PostgresFailure`` of the first failed statement. The caller must roll back a transaction
    ///   that was begun.
    package func execute(_ commands: [Command]) throws(PostgresFailure) -> [Rows] {
        guard PQenterPipelineMode(connection) == 1 else { throw breaking(.connection) }
        var isPreparation: [Bool] = []
        var newNames: [String] = []
        for command in commands {
            if command.isPrepared, !prepared.contains(command.sql), !newNames.contains(command.sql) {
                try send(preparing: command)
                newNames.append(command.sql)
                isPreparation.append(true)
            }
            try send(command)
            isPreparation.append(false)
        }
        guard PQpipelineSync(connection) == 1 else { throw breaking(.connection) }
        let deadline = deadline()
        try flush(by: deadline)

        var rows: [Rows] = []
        var failure: PostgresFailure?
        for isPreparing in isPreparation {
            guard let result = try next(by: deadline) else { throw breaking(failure ?? .unexpected) }
            if let refusal = Self.failure(of: result) {
                PQclear(result)
                failure = failure ?? refusal
            } else if isPreparing {
                PQclear(result)
                // Results come in the order of sending: statements after a failure are not prepared either.
                prepared.insert(newNames.removeFirst())
            } else {
                rows.append(Rows(result))
            }
            // A NULL result ends the results of each statement.
            guard try next(by: deadline) == nil else { throw breaking(failure ?? .unexpected) }
        }
        guard let end = try next(by: deadline) else { throw breaking(failure ?? .unexpected) }
        let isEnd = PQresultStatus(end) == PGRES_PIPELINE_SYNC
        PQclear(end)
        guard isEnd, PQexitPipelineMode(connection) == 1 else { throw breaking(.unexpected) }
        if let failure { throw noticing(failure) }
        return rows
    }

    // MARK: Sending

    private func send(preparing command: Command) throws(PostgresFailure) {
        let sql = command.sql
        guard PQsendPrepare(connection, Self.name(of: sql), sql, 0, nil) == 1 else {
            throw breaking(.connection)
        }
    }

    private func send(_ command: Command) throws(PostgresFailure) {
        let encoded = EncodedParameters(command.parameters)
        let lengths = encoded.ranges.map { Int32(clamping: $0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: encoded.ranges.count)
        let isSent = encoded.bytes.withUnsafeBufferPointer { bytes in
            // An empty value is not NULL, so it needs a valid pointer.
            withUnsafePointer(to: CChar(0)) { nothing in
                let values = encoded.ranges.map { range -> UnsafePointer<CChar>? in
                    guard let range else { return nil }
                    guard !range.isEmpty, let start = bytes.baseAddress else { return nothing }
                    return UnsafeRawPointer(start + range.lowerBound).assumingMemoryBound(to: CChar.self)
                }
                let count = Int32(clamping: values.count)
                if command.isPrepared {
                    let name = Self.name(of: command.sql)
                    return PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1)
                }
                return PQsendQueryParams(connection, command.sql, count, nil, values, lengths, formats, 1)
            }
        }
        guard isSent == 1 else { throw breaking(.connection) }
    }

    /// The name of a prepared statement: the same for the same SQL while the process lives.
    private static func name(of sql: String) -> String {
        "s" + String(UInt64(bitPattern: Int64(sql.hashValue)), radix: 36)
    }

    // MARK: Waiting

    private func deadline() -> ContinuousClock.Instant {
        .now + .milliseconds(Int64(limits.statement) + Int64(limits.slack))
    }

    private func flush(by deadline: ContinuousClock.Instant) throws(PostgresFailure) {
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1:
                // The server may stop reading until we read its results.
                try wait(for: Int16(POLLIN | POLLOUT), by: deadline)
                guard PQconsumeInput(connection) == 1 else { throw breaking(.connection) }
            default: throw breaking(.connection)
            }
        }
    }

    /// - Returns: The next result; `nil` at the end of a statement's results.
    private func next(by deadline: ContinuousClock.Instant) throws(PostgresFailure) -> OpaquePointer? {
        while PQisBusy(connection) == 1 {
            try wait(for: Int16(POLLIN), by: deadline)
            guard PQconsumeInput(connection) == 1 else { throw breaking(.connection) }
        }
        let result = PQgetResult(connection)
        guard PQstatus(connection) == CONNECTION_OK else {
            if let result { PQclear(result) }
            throw breaking(.connection)
        }
        return result
    }

    private func wait(
        for events: Int16,
        by deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) {
        while true {
            let left = deadline - .now
            guard left > .zero else { throw breaking(.timedOut) }
            let milliseconds = left / .milliseconds(1)
            if wait(for: events, milliseconds: Int32(milliseconds) + 1) { return }
        }
    }

    private func wait(for events: Int16, milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: PQsocket(connection), events: events, revents: 0)
        return poll(&descriptor, 1, milliseconds) > 0
    }

    // MARK: Failing

    private func breaking(_ failure: PostgresFailure) -> PostgresFailure {
        isBroken = true
        return failure
    }

    private func noticing(_ failure: PostgresFailure) -> PostgresFailure {
        if failure.endsConnection { isBroken = true }
        return failure
    }

    private static func failure(of result: OpaquePointer) -> PostgresFailure? {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return nil
        case PGRES_PIPELINE_ABORTED: return .unexpected
        default:
            // Without an SQLSTATE the error is libpq's own, about the connection.
            guard let state = cpostgres_sqlstate(result) else { return .connection }
            return .refused(state: String(cString: state))
        }
    }
}

extension String {
    /// Joins the lines of libpq's message, without its indented hints.
    fileprivate var trimmingLines: String {
        split(whereSeparator: \.isNewline).filter { $0.first != "\t" }.joined(separator: "; ")
    }
}
