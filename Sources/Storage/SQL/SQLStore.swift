package import Database

/// A lock that one writer holds at a time, of all replicas, until its transaction ends.
///
/// The locks cannot deadlock: a transaction takes at most one of them. In SQLite the only writer holds them
/// all.
package enum StoreLock: String, Sendable {
    /// Recording and erasing events.
    case events
    case accounts = "usage_accounts"
    /// Storing leases and days: the calendar determines a lease's days, and a day makes the totals of all its
    /// leases stale. Each writer must see the others' changes, or a total would miss one of two.
    case usage = "usage_leases"
}

/// A store that is reached by SQL; the roles of a store are extensions of this, the same for each database.
package protocol SQLStore: Sendable {
    /// Reads on a connection that no other caller uses meanwhile.
    ///
    /// - Parameters:
    ///   - operation: The operation, for the error.
    ///   - body: Runs the statements; may run twice.
    /// - Returns: The result of `body`.
    /// - Throws: ``StoreError``; of code `corrupt` for a row that cannot be decoded.
    func query<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value

    /// Reads as ``query(_:_:)`` does, but the statements of one session read one state of the database.
    func snapshot<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value

    /// Reads leases and days, which may be many: on connections that no other read waits for.
    ///
    /// The statements of one session read one state of the database.
    func readUsage<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value

    /// The number of owners whose totals are stored in one database transaction.
    var ownersAtATime: Int { get }

    /// Reads and writes in one database transaction; durable when it returns.
    ///
    /// - Parameters:
    ///   - operation: The operation, for the error.
    ///   - lock: The lock to take first.
    ///   - repeats: Whether `body` may run twice; false if a second run would change the result.
    ///   - body: Runs the statements.
    /// - Returns: The result of `body`.
    /// - Throws: ``StoreError``
    func transaction<Value: Sendable>(
        _ operation: StaticString,
        under lock: StoreLock?,
        repeats: Bool,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value

    /// Runs statements in one database transaction and in one round trip; durable when it returns.
    ///
    /// - Parameters:
    ///   - operation: The operation, for the error.
    ///   - repeats: Whether they may run twice; false if a second run would change the result.
    ///   - statements: The statements.
    /// - Returns: The number of rows that each statement inserted, updated or deleted.
    /// - Throws: ``StoreError``
    @discardableResult
    func execute(
        _ operation: StaticString,
        repeats: Bool,
        _ statements: [SQLStatement]
    ) async throws(StoreError) -> [Int]
}
