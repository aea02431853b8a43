/// All that a database does for the service.
///
/// Each store passes the same conformance suite.
package protocol Store: EventLog, TransactionFeed, KnownObjects, WorkQueue, UpkeepRuns {
    /// Whether an event could be stored now.
    func checkReady() async throws(StoreError)

    /// Finishes what is waiting, and closes.
    func close() async
}

/// What a store does besides when it keeps usage, which not every one does yet.
package typealias UsageStore = CreditLedger & UsageLedger
