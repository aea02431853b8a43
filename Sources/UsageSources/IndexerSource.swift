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
        let pageSize = pageSize
        let (head, rows) = try await reading { connection throws(PostgresFailure) in
            (
                try IndexerQuery.head(connection),
                try IndexerQuery.leases(connection, question, after: place, limit: pageSize)
            )
        }
        return page(rows, asOf: head?.height, next: try cursor(after: rows, place)?.text)
    }

    package func leases(
        named identities: [LeaseIdentity]
    ) async throws(UsageSourceError) -> LeasePage {
        let (head, rows) = try await reading { connection throws(PostgresFailure) in
            (
                try IndexerQuery.head(connection),
                try IndexerQuery.leases(connection, ofDeployments: identities.map(\.deployment))
            )
        }
        return page(rows, asOf: head?.height, next: nil)
    }

    private func page(_ rows: [RawLease], asOf height: Int64?, next: String?) -> LeasePage {
        var leases: [LeaseRecord] = []
        var setAside: [SetAsideLease] = []
        for row in rows {
            do throws(SetAsideLease) {
                leases.append(try row.record(kind, chainID: chainID, asOf: height, names))
            } catch {
                setAside.append(error)
            }
        }
        return LeasePage(leases: leases, setAside: setAside, next: next)
    }

    private func cursor(
        after rows: [RawLease],
        _ place: IndexerCursor?
    ) throws(UsageSourceError) -> IndexerCursor? {
        let isClosed = place?.isClosed ?? false
        // Open leases come first: a lease closed meanwhile then appears among the closed ones.
        guard rows.count == pageSize, let last = rows.last else { return isClosed ? nil : .closed }
        let next = IndexerCursor(behind: last, isClosed: isClosed)
        guard next != place else {
            throw .unreadable("The indexer's lease \(last.name) has too long a name.")
        }
        return next
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
            throw UsageSourceError(error, of: .indexer)
        }
    }
}

extension ReadDatabase {
    fileprivate static let indexer = ReadDatabase(
        name: "The indexer's database",
        setting: "USAGE_INDEXER_URL",
        tables: #"lease, day, block, provider, "deploymentGroupResource""#
    )
}
