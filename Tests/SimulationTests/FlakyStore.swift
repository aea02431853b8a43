import Billing
import Storage
import TestSupport
import Scenarios
import Synchronization

/// A store that fails as its dice say: before it did anything, or after it did everything.
///
/// The second is the harder: the caller must not assume that nothing happened.
final class FlakyStore: Store {
    private enum Fault { case none, before, after }

    private let store: any Store
    private let random: Mutex<SeededRandom>
    private let isCalm = Atomic<Bool>(false)

    init(_ store: any Store, seed: UInt64) {
        self.store = store
        random = Mutex(SeededRandom(seed: seed))
    }

    /// From now on nothing fails.
    func calmDown() { isCalm.store(true, ordering: .sequentiallyConsistent) }

    private func draw() -> Fault {
        if isCalm.load(ordering: .sequentiallyConsistent) { return .none }
        return random.withLock { random in
            switch Int.random(in: 0..<20, using: &random) {
            case 0, 1: .before
            case 2: .after
            default: .none
            }
        }
    }

    private func perform<Value>(
        _ work: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let fault = draw()
        if fault == .before { throw StoreError(.full, while: "simulating") }
        let value = try await work()
        if fault == .after { throw StoreError(.connectionLost, while: "simulating") }
        return value
    }

    func record(_ event: IncomingEvent, answer: @escaping @Sendable (RecordAnswer) -> Void) {
        let fault = draw()
        guard fault != .before else { return answer(.failure(StoreError(.full, while: "simulating"))) }
        store.record(event) { result in
            guard fault == .after, case .success = result else { return answer(result) }
            answer(.failure(StoreError(.connectionLost, while: "simulating")))
        }
    }

    func take(
        _ kind: Job.Kind,
        as holder: String,
        now: Instant,
        seconds: Int64,
        limit: Int
    ) async throws(StoreError) -> [Job] {
        try await perform { () async throws(StoreError) in
            try await store.take(kind, as: holder, now: now, seconds: seconds, limit: limit)
        }
    }

    func replace(
        _ job: Job,
        adding added: [Job],
        withdrawing withdrawn: [String]
    ) async throws(StoreError) -> Job? {
        try await perform { () async throws(StoreError) in
            try await store.replace(job, adding: added, withdrawing: withdrawn)
        }
    }

    func remove(_ job: Job) async throws(StoreError) -> Bool {
        try await perform { () async throws(StoreError) in try await store.remove(job) }
    }

    func reschedule(
        _ kind: Job.Kind,
        dueAfter latest: Instant,
        now: Instant
    ) async throws(StoreError) {
        try await perform { () async throws(StoreError) in
            try await store.reschedule(kind, dueAfter: latest, now: now)
        }
    }

    func useSessionLink(
        _ link: String,
        until end: Instant,
        now: Instant
    ) async throws(StoreError) -> Bool { try await store.useSessionLink(link, until: end, now: now) }

    func reproject(eventID: String) async throws(StoreError) -> Reprojection? {
        try await store.reproject(eventID: eventID)
    }
    func reprojectAll() async throws(StoreError) -> Reprojection { try await store.reprojectAll() }
    func entries(_ query: EventQuery) async throws(StoreError) -> Page<EventEntry>? {
        try await store.entries(query)
    }
    func tallies(receivedFrom: Instant?) async throws(StoreError) -> [EventTally] {
        try await store.tallies(receivedFrom: receivedFrom)
    }
    func renderings(of id: String) async throws(StoreError) -> [StoredEvent] {
        try await store.renderings(of: id)
    }
    func lastSequence() async throws(StoreError) -> Int64 { try await store.lastSequence() }
    func agedBodies(
        receivedBefore cutoff: Instant,
        after last: StoredEvent?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [StoredEvent] {
        try await store.agedBodies(
            receivedBefore: cutoff,
            after: last,
            limit: limit,
            maxBytes: maxBytes
        )
    }
    func purge(_ events: [StoredEvent]) async throws(StoreError) -> RemovedBodies {
        try await store.purge(events)
    }
    func oldestBody() async throws(StoreError) -> Instant? { try await store.oldestBody() }
    func holdings(of key: CustomerKey) async throws(StoreError) -> StoredDataSummary {
        try await store.holdings(of: key)
    }
    func events(after sequence: Int64, limit: Int) async throws(StoreError) -> [StoredEvent] {
        try await store.events(after: sequence, limit: limit)
    }
    func mark(_ ids: Set<String>, of key: CustomerKey, at now: Instant) async throws(StoreError) {
        try await store.mark(ids, of: key, at: now)
    }
    func erase(_ events: [StoredEvent], at now: Instant) async throws(StoreError) -> Int {
        try await store.erase(events, at: now)
    }
    func eraseDerived(of key: CustomerKey) async throws(StoreError) -> Int {
        try await store.eraseDerived(of: key)
    }
    func scrub() async throws(StoreError) { try await store.scrub() }
    func marked(among ids: Set<String>, account: String?) async throws(StoreError) -> Set<String> {
        try await store.marked(among: ids, account: account)
    }
    func page(
        _ filter: TransactionFilter,
        cursor: Cursor,
        limit: Int
    ) async throws(StoreError) -> Page<Transaction>? {
        try await store.page(filter, cursor: cursor, limit: limit)
    }
    func count(_ filter: TransactionFilter) async throws(StoreError) -> Int {
        try await store.count(filter)
    }
    func transaction(id: String, within accessScope: AccessScope) async throws(StoreError) -> Transaction? {
        try await store.transaction(id: id, within: accessScope)
    }
    func payment(
        ofTransaction id: String,
        within accessScope: AccessScope
    ) async throws(StoreError) -> PaymentDetail? {
        try await store.payment(ofTransaction: id, within: accessScope)
    }
    func customers(of identity: Identity) async throws(StoreError) -> [CustomerKey] {
        try await store.customers(of: identity)
    }
    func links(of customer: CustomerKey) async throws(StoreError) -> CustomerLinks? {
        try await store.links(of: customer)
    }
    func put(
        _ stated: StatedLinks,
        of customer: CustomerKey,
        from origin: LinkOrigin
    ) async throws(StoreError) -> LinkOutcome {
        try await store.put(stated, of: customer, from: origin)
    }
    func customers(
        in account: String?,
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [CustomerKey] {
        try await store.customers(in: account, after: customer, limit: limit)
    }
    func payments(
        of references: [ObjectReference],
        account: String?
    ) async throws(StoreError)
        -> [[ObjectRecord]]
    { try await store.payments(of: references, account: account) }
    func latestJob(_ kind: Job.Kind) async throws(StoreError) -> Job? { try await store.latestJob(kind) }
    func job(id: String) async throws(StoreError) -> Job? { try await store.job(id: id) }
    func jobs(_ query: JobQuery) async throws(StoreError) -> [Job] { try await store.jobs(query) }
    func summary() async throws(StoreError) -> [JobSummary] { try await store.summary() }
    func add(_ job: Job) async throws(StoreError) -> Bool { try await store.add(job) }
    func checkReady() async throws(StoreError) { try await store.checkReady() }
    func close() async { await store.close() }
}

extension FlakyStore {
    func put(_ leases: [LeaseRecord]) async throws(StoreError) -> LeasesOutcome {
        try await store.put(leases)
    }
    func put(_ days: [CalendarDay]) async throws(StoreError) -> CalendarOutcome {
        try await store.put(days)
    }
    func settleUsage(steps: Int) async throws(StoreError) -> Bool {
        try await store.settleUsage(steps: steps)
    }
    func calendar(_ dates: ClosedRange<CalendarDate>) async throws(StoreError) -> [CalendarDay] {
        try await store.calendar(dates)
    }
    func newestDay() async throws(StoreError) -> CalendarDay? { try await store.newestDay() }
    func usage(
        of owner: String,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup] {
        try await store.usage(of: owner, dates, by: grouping)
    }
    func leases(of owner: String, in heights: Range<Int64>) async throws(StoreError) -> [LeaseState] {
        try await store.leases(of: owner, in: heights)
    }
    func leases(named identities: [LeaseIdentity]) async throws(StoreError) -> [LeaseRecord] {
        try await store.leases(named: identities)
    }
    func addresses(after address: String?, limit: Int) async throws(StoreError) -> [String] {
        try await store.addresses(after: address, limit: limit)
    }
    func openLeases(after identity: String?, limit: Int) async throws(StoreError) -> [LeaseRecord] {
        try await store.openLeases(after: identity, limit: limit)
    }
    func openLeases(of owner: String, at height: Int64) async throws(StoreError) -> [LeaseRecord] {
        try await store.openLeases(of: owner, at: height)
    }
    func names(ofProviders providers: Set<String>) async throws(StoreError) -> [String: String] {
        try await store.names(ofProviders: providers)
    }
    func correct(_ entries: [UsageCorrection]) async throws(StoreError) -> [CorrectionOutcome] {
        try await store.correct(entries)
    }
    func observe(_ balances: [ObservedBalance]) async throws(StoreError) -> Int {
        try await store.observe(balances)
    }
    func observedBalances(of customers: [String]) async throws(StoreError) -> [ObservedBalance] {
        try await store.observedBalances(of: customers)
    }
    func observedBalances(after customer: String?, limit: Int) async throws(StoreError) -> [ObservedBalance] {
        try await store.observedBalances(after: customer, limit: limit)
    }
    func corrections(
        of customers: [String],
        owners: [String],
        _ dates: ClosedRange<CalendarDate>
    ) async throws(StoreError) -> [UsageCorrection] {
        try await store.corrections(of: customers, owners: owners, dates)
    }
    func tag(_ tags: [DeploymentTags]) async throws(StoreError) -> Int { try await store.tag(tags) }
    func tags(of owners: [String]) async throws(StoreError) -> [DeploymentTags] {
        try await store.tags(of: owners)
    }
    func setAccounts(_ maps: [AccountMap]) async throws(StoreError) -> AccountsOutcome {
        try await store.setAccounts(maps)
    }
    func accounts(of customer: CustomerKey) async throws(StoreError) -> [AccountPeriod] {
        try await store.accounts(of: customer)
    }
    func holders(of address: String) async throws(StoreError) -> [AddressHolder] {
        try await store.holders(of: address)
    }
}
