package import Billing

/// The outcome of storing records of leases.
package enum LeasesOutcome: Sendable, Equatable {
    /// - Parameters:
    ///   - changed: The number of leases that were new or changed.
    ///   - contradictions: The final days that stay unchanged although a record contradicts them, each once for
    ///     each lease; the same records have the same contradictions however often they are put.
    case taken(changed: Int, contradictions: [UsageContradiction])
    /// The records may change too many settled days for one list, see ``LeasePlan/maximumSettledDays``; no data
    /// were changed.
    case tooMuch
}

/// The outcome of storing days of the calendar.
package enum CalendarOutcome: Sendable, Equatable {
    /// - Parameter contradicted: The final days that stay unchanged although a new day contradicts them.
    case taken(changed: Int, contradicted: [CalendarContradiction])
    /// The days contradict each other or the known calendar; no data were changed.
    case refused(CalendarFault)
}

/// The ledger of usage: leases, the calendar with the blocks of each day, and the totals of each day.
///
/// Totals are stored for each owner and day, and follow from leases and calendar alone: adding them up again
/// gives the same result. A caller sees its own changes in every later read.
package protocol UsageLedger: Sendable {
    /// Inserts or updates leases, found as ``KnownLeases`` says, all or none, as ``LeaseRevision`` decides.
    ///
    /// If the list has two records of one lease, they are applied in the order of the list. The totals of the
    /// days that change become stale, and are added up by ``settleUsage(steps:)``, or when they are read.
    func put(_ leases: [LeaseRecord]) async throws(StoreError) -> LeasesOutcome

    /// Inserts or updates days, all or none, as ``CalendarRevision`` decides.
    ///
    /// Afterwards all final days are closed for the known owners. Totals become stale as with leases.
    func put(_ days: [CalendarDay]) async throws(StoreError) -> CalendarOutcome

    /// The days of the calendar in a range, by ascending date.
    func calendar(_ dates: ClosedRange<CalendarDate>) async throws(StoreError) -> [CalendarDay]

    /// The last known day, which shows how far the chain is indexed.
    func newestDay() async throws(StoreError) -> CalendarDay?

    /// The totals of an owner's days, by ascending date and group, without days that have no lease.
    func usage(
        of owner: String,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup]

    /// The leases of an owner with a block in the range, and all leases with frozen days, in no order.
    func leases(of owner: String, in heights: Range<Int64>) async throws(StoreError) -> [LeaseState]

    /// The newest record of each of these leases, whatever the number of its bid, in any order, without unknown leases.
    func leases(named identities: [LeaseIdentity]) async throws(StoreError) -> [LeaseRecord]

    /// The leases of an owner that have no end, or end after a height.
    func openLeases(of owner: String, at height: Int64) async throws(StoreError) -> [LeaseRecord]

    /// The leases of all owners that have not ended, by the text of their identity.
    ///
    /// - Parameters:
    ///   - identity: The last text of the previous page; `nil` for the first page.
    ///   - limit: The most leases to return.
    /// - Returns: The leases.
    /// - Throws: ``StoreError``.
    func openLeases(after identity: String?, limit: Int) async throws(StoreError) -> [LeaseRecord]

    /// The names that providers give themselves.
    ///
    /// - Returns: The newest name of each provider that has one.
    func names(ofProviders providers: Set<String>) async throws(StoreError) -> [String: String]

    /// Sets the addresses of customers of the platform account, all or none, and replaces the earlier ones of these
    /// customers.
    func setAccounts(_ maps: [AccountMap]) async throws(StoreError) -> AccountsOutcome

    /// A customer's addresses, by address and time; customers of connected accounts have none.
    func accounts(of customer: CustomerKey) async throws(StoreError) -> [AccountPeriod]

    /// The customers to whom an address is, or was, mapped, and when.
    func holders(of address: String) async throws(StoreError) -> [AddressHolder]

    /// All wallet addresses that are, or were, mapped to a customer, each once, ascending.
    ///
    /// - Parameters:
    ///   - address: The last address of the previous page; `nil` for the first page.
    ///   - limit: The most addresses to return.
    /// - Returns: The addresses.
    /// - Throws: ``StoreError``.
    func addresses(after address: String?, limit: Int) async throws(StoreError) -> [String]

    /// Adds entries that correct usage, all or none, each once.
    ///
    /// - Returns: The outcome of each, in order; no entry is added if one is a conflict.
    func correct(_ entries: [UsageCorrection]) async throws(StoreError) -> [CorrectionOutcome]

    /// The entries that name one of these customers of the platform account, or one of these addresses, by date and id.
    func corrections(
        of customers: [String],
        owners: [String],
        _ dates: ClosedRange<CalendarDate>
    ) async throws(StoreError) -> [UsageCorrection]

    /// Replaces the tags of deployments, all or none.
    ///
    /// - Parameter tags: The new tags; of several for one deployment the last count. The deployments need not be known.
    /// - Returns: The number of deployments whose tags changed.
    /// - Throws: ``StoreError``.
    func tag(_ tags: [DeploymentTags]) async throws(StoreError) -> Int

    /// The tags of the deployments of some owners, by owner and dseq, without deployments that have none.
    func tags(of owners: [String]) async throws(StoreError) -> [DeploymentTags]

    /// Adds up stale totals, one owner and month after the other.
    ///
    /// Readers do the same for what they read. Should it fail, the rest remains to them.
    ///
    /// - Parameter steps: The maximum number of steps. A step adds up a month of at most a hundred leases; a
    ///   month of more leases counts as several steps.
    /// - Returns: Whether more may remain.
    /// - Throws: ``StoreError``.
    func settleUsage(steps: Int) async throws(StoreError) -> Bool
}

extension UsageLedger {
    /// The leases of an owner that have no end.
    package func openLeases(of owner: String) async throws(StoreError) -> [LeaseRecord] {
        try await openLeases(of: owner, at: .max)
    }
}
