package import Billing

/// What became of records of leases.
package struct LeasesOutcome: Sendable, Equatable {
    /// How many leases were new or said something new.
    package let changed: Int
    /// Final days that stay as they were although a record says otherwise.
    package let contradictions: [UsageContradiction]

    package init(changed: Int, contradictions: [UsageContradiction]) {
        self.changed = changed
        self.contradictions = contradictions
    }
}

/// What became of days of the calendar.
package enum CalendarOutcome: Sendable, Equatable {
    /// - Parameter contradicted: The final days that stay as they were although it was said otherwise.
    case taken(changed: Int, contradicted: [CivilDate])
    /// They do not fit together, or not what is known; nothing was changed.
    case refused(CalendarFault)
}

/// The ledger of usage: leases, the calendar that says when their blocks were, and what each day came to.
///
/// Totals are kept for each owner and day, and follow from leases and calendar alone: adding them up anew gives the
/// same. A caller sees its own changes in whatever it reads afterwards.
package protocol UsageLedger: Sendable {
    /// Upserts leases by their identity, all or none; each as ``LeaseRevision`` decides. Of two records of one lease
    /// in the list the later one comes after the earlier.
    func put(_ leases: [LeaseRecord]) async throws(StoreError) -> LeasesOutcome

    /// Upserts days, all or none; each as ``CalendarRevision`` decides.
    ///
    /// All final days are closed afterwards for the owners that are known.
    func put(_ days: [CalendarDay]) async throws(StoreError) -> CalendarOutcome

    /// The days of the calendar in a range, by rising date.
    func calendar(_ dates: ClosedRange<CivilDate>) async throws(StoreError) -> [CalendarDay]

    /// How far the chain has been indexed: the last day that is known.
    func newestDay() async throws(StoreError) -> CalendarDay?

    /// The totals of an owner's days, by rising date and group; days without a lease are left out.
    func usage(
        of owner: String,
        _ dates: ClosedRange<CivilDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup]

    /// The leases of an owner that have a block of the range, or a day that is kept as it was settled; in no order.
    func leases(of owner: String, in heights: Range<Int64>) async throws(StoreError) -> [KnownLease]

    /// The newest record of each of some leases, in any order; those that are not known are left out.
    func leases(named identities: [LeaseIdentity]) async throws(StoreError) -> [LeaseRecord]

    /// The leases of an owner that nothing has ended.
    func openLeases(of owner: String) async throws(StoreError) -> [LeaseRecord]

    /// What providers call themselves.
    ///
    /// - Returns: The newest name of each provider that has one.
    func names(ofProviders providers: Set<String>) async throws(StoreError) -> [String: String]

    /// Says which addresses a customer of one's own account has; what was said before of it is forgotten.
    ///
    /// - Returns: Whether that was anything new.
    func setAccounts(_ accounts: [AccountPeriod], of customer: String) async throws(StoreError) -> Bool

    /// A customer's addresses, by address and time; customers of connected accounts have none.
    func accounts(of customer: CustomerKey) async throws(StoreError) -> [AccountPeriod]

    /// Whether anything is said of whose an address is, or was.
    func isMapped(_ address: String) async throws(StoreError) -> Bool

    /// Whose leases are anybody's: every address that some customer has or had, each once, by rising address.
    ///
    /// - Parameters:
    ///   - address: Those behind it; `nil` for the first.
    ///   - limit: How many at most.
    /// - Returns: The addresses.
    /// - Throws: ``StoreError``.
    func addresses(after address: String?, limit: Int) async throws(StoreError) -> [String]

    /// Adds up all totals again from leases and calendar.
    ///
    /// - Returns: How many groups there are, and how many of them came out other than they stood.
    func addUpUsage() async throws(StoreError) -> (groups: Int, changed: Int)
}
