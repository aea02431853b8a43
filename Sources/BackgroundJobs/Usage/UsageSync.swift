import Billing
import Logging
import Storage

/// One execution of one pass: copies the source's leases and days into the ledger, page by page.
///
/// Progress is stored after each page. A kill repeats at most one page, and repeating changes nothing. Not
/// thread-safe: only one task may use it.
final class UsageSync {
    var progress: UsageSyncProgress

    private let execution: JobExecution
    let ledger: any UsageLedger
    let source: any UsageSource
    private let runtime: JobRunner.Runtime
    let logger: Logger

    private static let maximumAttempts = 4
    private static let loggedLeases = 10

    init(
        _ execution: JobExecution,
        _ progress: UsageSyncProgress,
        ledger: any UsageLedger,
        source: any UsageSource,
        runtime: JobRunner.Runtime,
        logger: Logger
    ) {
        self.execution = execution
        // The last pass is complete: this is the next one.
        self.progress = progress.stage == .done ? progress.next(isFull: false) : progress
        self.ledger = ledger
        self.source = source
        self.runtime = runtime
        self.logger = logger
        self.progress.failure = nil
    }

    /// Continues the pass from its stored progress to its end.
    func perform() async throws(Interruption) {
        let target: ChainHead
        if let begun = progress.target {
            target = begun
        } else {
            target = try await asked { source throws(UsageSourceError) in try await source.head() }
            progress.target = target
            try await keep()
        }
        if progress.stage == .leases {
            switch source.kind {
            // An indexer without a block has no data.
            case .indexer where target.height == nil: break
            case .indexer: try await readLeases(of: nil, target)
            case .node: try await readLeasesOfOwners(target)
            }
            progress.stage = .check
            try await keep()
        }
        if let height = target.height { try await closeVanished(asOf: height) }
        if progress.stage != .days {
            progress.stage = .days
            try await keep()
        }
        if source.kind == .indexer, let height = target.height { try await readDays(through: height) }
        // Once for all pages, so that the first reader need not wait for it.
        while try await stored({ ledger throws(StoreError) in try await ledger.settleUsage(steps: 500) }) {
            try await keep()
        }
        progress.stage = .done
        progress.completed = target
        progress.completedAt = runtime.now()
    }

    // MARK: Leases

    private func readLeasesOfOwners(_ target: ChainHead) async throws(Interruption) {
        // Resume with the owner at which the last execution stopped.
        if let owner = progress.owner { try await readLeases(ofOwner: owner, target) }
        while true {
            let (last, size) = (progress.lastOwner, 100)
            let owners = try await stored { ledger throws(StoreError) in
                try await ledger.addresses(after: last, limit: size)
            }
            for owner in owners { try await readLeases(ofOwner: owner, target) }
            if owners.count < size { return }
        }
    }

    private func readLeases(ofOwner owner: String, _ target: ChainHead) async throws(Interruption) {
        progress.owner = owner
        try await readLeases(of: owner, target)
        (progress.owner, progress.lastOwner) = (nil, owner)
        try await keep()
    }

    private func readLeases(of owner: String?, _ target: ChainHead) async throws(Interruption) {
        while true {
            let question = LeaseQuery(
                owner: owner,
                cursor: progress.cursor,
                closedFrom: progress.closedFrom,
                closedAt: progress.closedAt,
                asOf: target.height
            )
            let page = try await asked { source throws(UsageSourceError) in
                try await source.leases(question)
            }
            try await take(page.leases)
            setAside(page.setAside)
            progress.cursor = page.next
            try await keep()
            if page.next == nil { return }
        }
    }

    private func take(_ leases: [LeaseRecord]) async throws(Interruption) {
        progress.leases += leases.count
        let known = try await stored { ledger throws(StoreError) in
            try await ledger.leases(named: leases.map(\.identity))
        }
        let standing = KnownLeases(known.map { LeaseState(record: $0) })
        let changed = leases.compactMap { lease -> LeaseRecord? in
            guard let known = standing.lease(of: lease)?.record else { return lease }
            // A full pass also puts what is known, to find the final days that it contradicts.
            return lease.continuing(known, confirmedAt: confirmedHeight(of: known))
                ?? (progress.isFull ? known : nil)
        }
        guard !changed.isEmpty else { return }
        try await put(changed)
    }

    func put(_ leases: [LeaseRecord]) async throws(Interruption) {
        switch try await stored({ ledger throws(StoreError) in try await ledger.put(leases) }) {
        case .taken(let changed, let contradictions):
            progress.leasesChanged += changed
            report(contradictions.map { "\($0.date.text) \($0.lease.text)" })
        case .tooMuch:
            let half = leases.count / 2
            guard half > 0 else {
                let fault = "could change more than \(LeasePlan.maximumSettledDays) days that are final"
                return setAside([SetAsideLease(lease: leases[0].identity.text, fault: fault)])
            }
            try await put(Array(leases[..<half]))
            try await put(Array(leases[half...]))
        }
    }

    /// Counts leases that cannot be taken, and logs the first of them; the others of their page are in the ledger.
    private func setAside(_ leases: [SetAsideLease]) {
        progress.add(leases)
        guard !leases.isEmpty else { return }
        let first = leases.prefix(Self.loggedLeases).map { "\($0.lease): \($0.fault)" }
        logger.warning(
            "leases set aside",
            metadata: ["count": "\(leases.count)", "first": "\(first.joined(separator: ", "))"]
        )
    }

    /// The height up to which a stored lease is confirmed.
    ///
    /// Each completed pass reads all open leases.
    func confirmedHeight(of known: LeaseRecord) -> Int64? {
        let seen = known.source == source.kind.rawValue ? progress.completed?.height : nil
        return [known.asOfHeight, seen].compactMap(\.self).max()
    }

    // MARK: Days

    private func readDays(through height: Int64) async throws(Interruption) {
        let everything = CalendarDate(dayNumber: -719_162)...CalendarDate(dayNumber: 2_932_896)
        let known = try await stored { ledger throws(StoreError) in try await ledger.calendar(everything) }
        let standing = Dictionary(known.map { ($0.date, $0) }) { $1 }
        var from = progress.isFull ? nil : Self.firstUnfinished(known)
        while true {
            let date = from
            let days = try await asked { source throws(UsageSourceError) in
                try await source.days(from: date, through: height)
            }
            guard let last = days.last, date.map({ last.date >= $0 }) ?? true else { return }
            try await take(days.filter { standing[$0.date] != $0 })
            progress.days += days.count
            try await keep()
            from = last.date.adding(days: 1)
        }
    }

    private func take(_ days: [CalendarDay]) async throws(Interruption) {
        guard !days.isEmpty else { return }
        switch try await stored({ ledger throws(StoreError) in try await ledger.put(days) }) {
        case .refused(let fault): throw .calendar(fault)
        case .taken(let changed, let contradicted):
            progress.daysChanged += changed
            report(contradicted.map { "\($0.date.text) (\($0.difference))" })
        }
    }

    /// How many days back a missing AKT price may still be filled in.
    private static let hopeDays: Int64 = 31

    /// The first day that may still change: not final, or recent and without a price.
    ///
    /// - Parameter calendar: The stored days, in ascending order.
    /// - Returns: `nil` when no day is stored.
    static func firstUnfinished(_ calendar: [CalendarDay]) -> CalendarDate? {
        guard let last = calendar.last else { return nil }
        let since = last.date.adding(days: -hopeDays)
        let first = calendar.first { !$0.isFinal || $0.aktPrice == nil && $0.date >= since }
        return first?.date ?? last.date.adding(days: 1)
    }

    /// Counts the final days that stay as they are, and logs the first of them.
    private func report(_ contradictions: [String]) {
        progress.contradictions += contradictions.count
        guard !contradictions.isEmpty else { return }
        logger.warning(
            "final days contradicted",
            metadata: [
                "count": "\(contradictions.count)",
                "first": "\(contradictions.prefix(Self.loggedLeases).joined(separator: ", "))",
            ]
        )
    }

    // MARK: Requests and progress

    func asked<Answer: Sendable>(
        _ question: (any UsageSource) async throws(UsageSourceError) -> Answer
    ) async throws(Interruption) -> Answer {
        var attempt = 0
        while true {
            attempt += 1
            do throws(UsageSourceError) {
                return try await question(source)
            } catch {
                if Task.isCancelled { throw .stopped }
                guard case .unavailable = error, attempt < Self.maximumAttempts else { throw .source(error) }
            }
            do {
                try await runtime.sleep(.seconds(1 << (attempt - 1)))
            } catch {
                throw .stopped
            }
        }
    }

    func stored<Answer: Sendable>(
        _ work: (any UsageLedger) async throws(StoreError) -> Answer
    ) async throws(Interruption) -> Answer {
        do throws(StoreError) {
            return try await work(ledger)
        } catch {
            throw .store(error)
        }
    }

    func keep() async throws(Interruption) {
        execution.update(progress)
        try await execution.keep()
    }
}
