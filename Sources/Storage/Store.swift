/// Everything that the service needs from a database.
///
/// Every store passes the same conformance suite.
package protocol Store: EventLog, TransactionFeed, IdentityMap, ObjectSnapshots, JobStore,
    UsageLedger, BalanceObservations, BodyRetention, PersonalDataErasure, SessionLinks
{
    /// Whether an event could be stored now.
    func checkReady() async throws(StoreError)

    /// Finishes the calls in progress, and closes.
    func close() async
}
