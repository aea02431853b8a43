import Billing
import Storage

/// A store whose every call fails in one way.
struct StoreOutage: Store {
    let code: StoreError.Code

    private var error: StoreError { StoreError(code, while: "having an outage") }

    func record(_ event: IncomingEvent, answer: @escaping @Sendable (RecordAnswer) -> Void) {
        answer(.failure(error))
    }
    func entries(_ query: EventQuery) async throws(StoreError) -> Page<EventEntry>? { throw error }
    func tallies(receivedFrom: Instant?) async throws(StoreError) -> [EventTally] { throw error }
    func renderings(of id: String) async throws(StoreError) -> [StoredEvent] { throw error }
    func lastSequence() async throws(StoreError) -> Int64 { throw error }
    func reproject(eventID: String) async throws(StoreError) -> Reprojection? { throw error }
    func reprojectAll() async throws(StoreError) -> Reprojection { throw error }

    func page(
        _ filter: TransactionFilter,
        cursor: Cursor,
        limit: Int
    ) async throws(StoreError) -> Page<Transaction>? { throw error }
    func count(_ filter: TransactionFilter) async throws(StoreError) -> Int { throw error }
    func transaction(id: String, within accessScope: AccessScope) async throws(StoreError) -> Transaction? {
        throw error
    }
    func payment(
        ofTransaction id: String,
        within accessScope: AccessScope
    ) async throws(StoreError) -> PaymentDetail? { throw error }
    func customers(of identity: Identity) async throws(StoreError) -> [CustomerKey] { throw error }
    func links(of customer: CustomerKey) async throws(StoreError) -> CustomerLinks? { throw error }
    func put(
        _ stated: StatedLinks,
        of customer: CustomerKey,
        from origin: LinkOrigin
    ) async throws(StoreError) -> LinkOutcome { throw error }
    func customers(
        in account: String?,
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [CustomerKey] { throw error }

    func payments(
        of references: [ObjectReference],
        account: String?
    ) async throws(StoreError)
        -> [[ObjectRecord]]
    { throw error }

    func latestJob(_ kind: Job.Kind) async throws(StoreError) -> Job? { throw error }
    func job(id: String) async throws(StoreError) -> Job? { throw error }
    func jobs(_ query: JobQuery) async throws(StoreError) -> [Job] { throw error }
    func summary() async throws(StoreError) -> [JobSummary] { throw error }
    func remove(_ job: Job) async throws(StoreError) -> Bool { throw error }
    func add(_ job: Job) async throws(StoreError) -> Bool { throw error }
    func take(
        _ kind: Job.Kind,
        as holder: String,
        now: Instant,
        seconds: Int64,
        limit: Int
    ) async throws(StoreError) -> [Job] { throw error }
    func replace(
        _ job: Job,
        adding added: [Job],
        withdrawing withdrawn: [String]
    ) async throws(StoreError) -> Job? { throw error }
    func reschedule(
        _ kind: Job.Kind,
        dueAfter latest: Instant,
        now: Instant
    ) async throws(StoreError) { throw error }

    func agedBodies(
        receivedBefore cutoff: Instant,
        after last: StoredEvent?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [StoredEvent] { throw error }
    func purge(_ events: [StoredEvent]) async throws(StoreError) -> RemovedBodies { throw error }
    func oldestBody() async throws(StoreError) -> Instant? { throw error }
    func holdings(of key: CustomerKey) async throws(StoreError) -> StoredDataSummary { throw error }
    func events(after sequence: Int64, limit: Int) async throws(StoreError) -> [StoredEvent] {
        throw error
    }
    func mark(_ ids: Set<String>, of key: CustomerKey, at now: Instant) async throws(StoreError) {
        throw error
    }
    func erase(_ events: [StoredEvent], at now: Instant) async throws(StoreError) -> Int {
        throw error
    }
    func eraseDerived(of key: CustomerKey) async throws(StoreError) -> Int { throw error }
    func scrub() async throws(StoreError) { throw error }
    func marked(among ids: Set<String>, account: String?) async throws(StoreError) -> Set<String> {
        throw error
    }

    func useSessionLink(
        _ link: String,
        until end: Instant,
        now: Instant
    ) async throws(StoreError) -> Bool { throw error }

    func checkReady() async throws(StoreError) { throw error }
    func close() async {}

    func put(_ leases: [LeaseRecord]) async throws(StoreError) -> LeasesOutcome { throw error }
    func put(_ days: [CalendarDay]) async throws(StoreError) -> CalendarOutcome { throw error }
    func settleUsage(steps: Int) async throws(StoreError) -> Bool { throw error }
    func calendar(_ dates: ClosedRange<CalendarDate>) async throws(StoreError) -> [CalendarDay] {
        throw error
    }
    func newestDay() async throws(StoreError) -> CalendarDay? { throw error }
    func usage(
        of owner: String,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup] { throw error }
    func leases(of owner: String, in heights: Range<Int64>) async throws(StoreError) -> [LeaseState] {
        throw error
    }
    func leases(named identities: [LeaseIdentity]) async throws(StoreError) -> [LeaseRecord] {
        throw error
    }
    func addresses(after address: String?, limit: Int) async throws(StoreError) -> [String] {
        throw error
    }
    func openLeases(after identity: String?, limit: Int) async throws(StoreError) -> [LeaseRecord] {
        throw error
    }
    func openLeases(of owner: String, at height: Int64) async throws(StoreError) -> [LeaseRecord] {
        throw error
    }
    func names(ofProviders providers: Set<String>) async throws(StoreError) -> [String: String] {
        throw error
    }
    func correct(_ entries: [UsageCorrection]) async throws(StoreError) -> [CorrectionOutcome] { throw error }
    func corrections(
        of customers: [String],
        owners: [String],
        _ dates: ClosedRange<CalendarDate>
    ) async throws(StoreError) -> [UsageCorrection] { throw error }
    func tag(_ tags: [DeploymentTags]) async throws(StoreError) -> Int { throw error }
    func tags(of owners: [String]) async throws(StoreError) -> [DeploymentTags] { throw error }
    func setAccounts(_ maps: [AccountMap]) async throws(StoreError) -> AccountsOutcome { throw error }
    func accounts(of customer: CustomerKey) async throws(StoreError) -> [AccountPeriod] { throw error }
    func observe(_ balances: [ObservedBalance]) async throws(StoreError) -> Int { throw error }
    func observedBalances(after customer: String?, limit: Int) async throws(StoreError) -> [ObservedBalance] {
        throw error
    }
    func observedBalances(of customers: [String]) async throws(StoreError) -> [ObservedBalance] {
        throw error
    }
    func holders(of address: String) async throws(StoreError) -> [AddressHolder] { throw error }
}
