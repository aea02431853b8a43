/// All that a database does for the service.
///
/// Each store passes the same conformance suite.
package protocol Store: EventLog, TransactionFeed, IdentityMap, KnownObjects, WorkQueue, UpkeepRuns,
    UsageLedger,
    CreditLedger, BodyRetention, PersonalDataErasure, SessionLinks
{
    /// Whether an event could be stored now.
    func checkReady() async throws(StoreError)

    /// Finishes what is waiting, and closes.
    func close() async
}
