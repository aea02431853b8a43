package import Billing
import FoundationEssentials
package import PostgresClient
package import Storage

/// Reads leases and days from the database of Console's indexer, which has every lease and day of the chain.
///
/// Each page is read in a read-only transaction on one snapshot, in which PostgreSQL refuses writes. A
/// standby is enough.
package struct IndexerSource: UsageSource {
    package let kind = UsageSourceKind.indexer
    package let chainID: String
    private let names: DenominationNames
    private let pageSize: Int
    private let line: DedicatedConnection

    /// - Parameters:
    ///   - url: The URL of the database.
    ///   - chainID: The id of the indexed chain, which the database does not contain.
    ///   - names: The names of tokens.
    ///   - pageSize: The number of leases or days in one query.
    ///   - statementMilliseconds: The time limit of one query.
    package init(
        _ url: PostgresURL,
        chainID: String,
        names: DenominationNames = DenominationNames(),
        pageSize: Int = 500,
        statementMilliseconds: Int32 = 30_000
    ) {
        self.chainID = chainID
        self.names = names
        self.pageSize = pageSize
        var limits = PostgresConnection.Limits()
        limits.statement = statementMilliseconds
        line = DedicatedConnection(
            DedicatedConnection.Origin(
                url: url,
                limits: limits,
                settings: [
                    "default_transaction_read_only = on",
                    // Days are in UTC; `extra_float_digits` keeps all digits of a double.
                    "TimeZone = 'UTC'", "extra_float_digits = 3", "DateStyle = 'ISO'",
                ],
                role: .reader
            ),
            label: "console-billing.indexer"
        )
    }

    /// Closes the connection.
    package func close() async { await line.close() }

    package func head() async throws(UsageSourceError) -> ChainHead {
        let head = try await reading { connection throws(PostgresFailure) in
            try IndexerQuery.head(connection)
        }
        return head ?? ChainHead(height: nil, at: nil)
    }

    package func leases(_ question: LeaseQuery) async throws(UsageSourceError) -> LeasePage {
        let place: IndexerCursor?
        if let cursor = question.cursor {
            guard let read = IndexerCursor(cursor) else {
                throw .unreadable("the place to go on from is none.")
            }
            place = read
        } else {
            place = nil
        }
        let (pageSize, closedFrom) = (pageSize, question.closedFrom)
        let (head, rows) = try await reading { connection throws(PostgresFailure) in
            (
                try IndexerQuery.head(connection),
                try IndexerQuery.leases(connection, after: place, closedFrom: closedFrom, limit: pageSize)
            )
        }
        var leases: [LeaseRecord] = []
        for row in rows {
            leases.append(try row.record(kind, chainID: chainID, asOf: head?.height, names))
        }
        let isClosed = place?.isClosed ?? false
        if rows.count == pageSize, let last = rows.last {
            return LeasePage(leases: leases, next: IndexerCursor(behind: last, isClosed: isClosed).text)
        }
        // Open leases come first: a lease closed meanwhile then appears among the closed ones.
        return LeasePage(leases: leases, next: isClosed ? nil : IndexerCursor.closed.text)
    }

    package func days(
        from date: CalendarDate?,
        through height: Int64
    ) async throws(UsageSourceError) -> [CalendarDay] {
        let pageSize = pageSize
        let rows = try await reading { connection throws(PostgresFailure) in
            try IndexerQuery.days(connection, from: date, through: height, limit: pageSize)
        }
        var days: [CalendarDay] = []
        for row in rows { days.append(try row.day(through: height)) }
        return days
    }

    private func reading<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Value
    ) async throws(UsageSourceError) -> Value {
        do throws(PostgresFailure) {
            return try await line.run(repeats: false) { connection throws(PostgresFailure) in
                try connection.transaction(.snapshot) {
                    () throws(PostgresFailure) in try body(connection)
                }
            }
        } catch {
            throw UsageSourceError(error)
        }
    }
}

extension UsageSourceError {
    fileprivate init(_ failure: PostgresFailure) {
        switch failure {
        case .unreachable(let reason):
            self = .unavailable("The indexer's database cannot be reached: \(reason).")
        case .connection: self = .unavailable("The connection to the indexer's database broke.")
        case .timedOut, .refused("57014"):
            self = .unavailable("The indexer's database did not answer in time.")
        case .refused(let state) where failure.isPassing || state.hasPrefix("53"):
            self = .unavailable("The indexer's database is busy or stopping (SQLSTATE \(state)).")
        case .refused(let state) where ["42P01", "42703", "3F000"].contains(state):
            self = .refused(
                "USAGE_INDEXER_URL names a database without the tables of Console's indexer (SQLSTATE \(state)). "
                    + "Does it name the right database and schema?"
            )
        case .refused("42501"):
            self = .refused(
                "The user of USAGE_INDEXER_URL may not read the indexer's tables. GRANT SELECT ON lease, day, block, "
                    + #"provider, "deploymentGroupResource" TO …"#
            )
        case .refused(let state) where state.hasPrefix("22"):
            self = .unreadable("The indexer's database holds a value of the wrong kind (SQLSTATE \(state)).")
        case .refused(let state):
            self = .refused("The indexer's database refuses to be read (SQLSTATE \(state)).")
        case .unfit(let fault): self = .refused("\(fault)")
        case .unexpected: self = .unavailable("The indexer's database gave an answer of the wrong shape.")
        }
    }
}
