package import Billing
package import Storage
import Synchronization
import TestSupport

/// A simple and slow store: it keeps the events, and derives everything from them on each read.
package final class InMemoryStore: Store {
    /// The data that outlive the store, as on a disk.
    package final class Disk: Sendable {
        fileprivate let state = Mutex(State())

        package init() {}
    }

    struct Kept {
        let sequence: Int64
        var delivered: IncomingEvent
        var entry: EventEntry
        /// The objects that it shows, if it is part of the feed.
        var records: [ObjectRecord]
    }

    struct State {
        var events: [Kept] = []
        /// In the order in which they were added.
        var jobs: [Job] = []
        var usage = InMemoryUsage()
        var usedLinks: [String: Instant] = [:]
        var links: [CustomerKey: [LinkOrigin: StatedLinks]] = [:]
        let marks = ErasureTombstones()
        /// Derived from `events`; reset by each new event.
        var rows: [Transaction]?
    }

    private let disk: Disk
    let livemode: Bool?
    private let asksForCustomers: Bool
    private let isClosed = Atomic<Bool>(false)

    package init(disk: Disk = Disk(), livemode: Bool? = nil, asksForCustomers: Bool = false) {
        self.disk = disk
        self.livemode = livemode
        self.asksForCustomers = asksForCustomers
    }

    package func checkReady() async throws(StoreError) { try checkOpen("checking readiness") }

    package func close() async { isClosed.store(true, ordering: .relaxed) }

    private func checkOpen(_ operation: StaticString) throws(StoreError) {
        if isClosed.load(ordering: .relaxed) { throw StoreError(.closed, while: operation) }
    }

    func with<Result: Sendable>(
        _ operation: StaticString,
        _ body: (inout State) -> Result
    ) throws(StoreError) -> Result {
        try checkOpen(operation)
        return disk.state.withLock { body(&$0) }
    }
}

// MARK: - The log

extension InMemoryStore {
    package func record(_ event: IncomingEvent, answer: @escaping @Sendable (RecordAnswer) -> Void) {
        answer(Result { () throws(StoreError) in try record(event) })
    }

    private func record(_ delivered: IncomingEvent) throws(StoreError) -> RecordOutcome {
        try with("recording events") { state in
            guard !state.events.contains(where: { $0.entry.key == delivered.event.key }) else {
                return .duplicate
            }
            let kept = spared(
                Kept(
                    sequence: Int64(state.events.count) + 1,
                    delivered: delivered,
                    entry: entry(delivered),
                    records: []
                ),
                state
            )
            let missedBefore = delivered.source == .api ? missing(around: kept, state) : []
            state.events.append(kept)
            state.rows = nil
            ask(for: kept, except: missedBefore, &state)
            return kept.entry.disposition == .quarantined ? .quarantined : .recorded
        }
    }

    private func entry(_ delivered: IncomingEvent) -> EventEntry {
        let event = delivered.event
        var disposition = EventEntry.Disposition.ignored
        var reason: String?
        var objectID: String?
        let isOurs = livemode == nil || livemode == event.livemode
        switch event.content {
        case .other: break
        case .unreadable(let why, let about): (disposition, reason, objectID) = (.quarantined, why, about)
        case .thin: disposition = isOurs ? .ignored : .otherMode
        case .snapshot, .restored:
            disposition = isOurs ? .projected : .otherMode
            objectID = event.objectID
        }
        return EventEntry(
            id: event.id,
            type: event.type,
            created: event.created,
            receivedAt: delivered.receivedAt,
            livemode: event.livemode,
            account: event.account,
            apiVersion: event.apiVersion,
            source: delivered.source,
            disposition: disposition,
            reason: reason,
            objectID: objectID,
            size: delivered.payload.count
        )
    }

    package func entries(_ query: EventQuery) async throws(StoreError) -> Page<EventEntry>? {
        try with("listing events") { state in
            var newestFirst = state.events.reversed().map(\.entry)
            if query.isByTime {
                newestFirst = newestFirst.enumerated()
                    .sorted { ($1.element.receivedAt, $0.offset) < ($0.element.receivedAt, $1.offset) }
                    .map(\.element)
            }
            let matching = newestFirst.filter { entry in
                let isOfType =
                    query.type.map {
                        $0.hasSuffix("*") ? entry.type.hasPrefix($0.dropLast()) : entry.type == $0
                    } ?? true
                return isOfType && (query.disposition == nil || query.disposition == entry.disposition)
                    && (query.source == nil || query.source == entry.source)
                    && (query.objectID == nil || query.objectID == entry.objectID)
                    && (query.account == nil || query.account == entry.account)
                    && (query.livemode == nil || query.livemode == entry.livemode)
                    && (query.receivedFrom.map { entry.receivedAt >= $0 } ?? true)
                    && (query.receivedThrough.map { entry.receivedAt <= $0 } ?? true)
            }
            guard let cursor = query.startingAfter ?? query.endingBefore else {
                return slice(matching, limit: query.limit, isBackwards: false)
            }
            let position = EventKey.readings(of: cursor).lazy
                .map { id, version in
                    newestFirst.indices.filter { index in
                        let key = newestFirst[index].key
                        return key.id == id && key.apiVersion == version ?? key.apiVersion
                    }
                }
                .first { $0.count == 1 }?.first
            guard let position else { return nil }
            let isBackwards = query.startingAfter == nil
            let side = isBackwards ? newestFirst[..<position] : newestFirst[(position + 1)...]
            let wanted = Set(side.map(\.key))
            return slice(
                matching.filter { wanted.contains($0.key) },
                limit: query.limit,
                isBackwards: isBackwards
            )
        }
    }

    package func tallies(receivedFrom: Instant?) async throws(StoreError) -> [EventTally] {
        try with("counting events") { state in
            EventSource.allCases.flatMap { source in
                EventEntry.Disposition.allCases.compactMap { disposition in
                    let events = state.events.map(\.entry).count { entry in
                        entry.source == source && entry.disposition == disposition
                            && (receivedFrom.map { entry.receivedAt >= $0 } ?? true)
                    }
                    guard events > 0 else { return nil }
                    return EventTally(source: source, disposition: disposition, events: events)
                }
            }
        }
    }

    package func renderings(of id: String) async throws(StoreError) -> [StoredEvent] {
        try with("reading an event") { state in
            state.events.filter { $0.entry.id == id }.map(\.stored)
        }
    }

    package func lastSequence() async throws(StoreError) -> Int64 {
        try with("reading the end of the log") { state in state.events.last?.stored.sequence ?? 0 }
    }

    package func reproject(eventID: String) async throws(StoreError) -> Reprojection? {
        try with("reprojecting an event") { state in
            let renderings = state.events.filter { $0.entry.id == eventID }
            guard !renderings.isEmpty else { return nil }
            for kept in renderings { ask(for: kept, except: [], &state) }
            return Reprojection(events: renderings.count, transactions: rows(&state).count, changed: 0)
        }
    }

    package func reprojectAll() async throws(StoreError) -> Reprojection {
        try with("reprojecting") { state in
            let standing = rows(&state)
            state.rows = nil
            let changed = zip(standing, rows(&state)).count { $0 != $1 }
            return Reprojection(events: state.events.count, transactions: standing.count, changed: changed)
        }
    }

    /// The elements nearest to the cursor, in the order of the list.
    private func slice<Element: Sendable>(
        _ elements: [Element],
        limit: Int,
        isBackwards: Bool
    ) -> Page<Element> {
        Page(
            elements: Array(isBackwards ? elements.suffix(limit) : elements.prefix(limit)),
            hasMore: elements.count > limit
        )
    }
}

// MARK: - The feed

extension InMemoryStore {
    package func page(
        _ filter: TransactionFilter,
        cursor: Cursor,
        limit: Int
    ) async throws(StoreError) -> Page<Transaction>? {
        try with("reading the feed") { state in
            let all = rows(&state)
            let matching = all.filter(filter.admits)
            switch cursor {
            case .start: return slice(matching, limit: limit, isBackwards: false)
            case .offset(let rows):
                return slice(Array(matching.dropFirst(rows)), limit: limit, isBackwards: false)
            case .startingAfter(let id), .endingBefore(let id):
                guard let row = all.first(where: { $0.id == id }), filter.accessScope.includes(row) else {
                    return nil
                }
                let place = (row.created, row.id)
                if case .startingAfter = cursor {
                    let older = matching.filter { ($0.created, $0.id) < place }
                    return slice(older, limit: limit, isBackwards: false)
                }
                let newer = matching.filter { ($0.created, $0.id) > place }
                return slice(newer, limit: limit, isBackwards: true)
            }
        }
    }

    package func count(_ filter: TransactionFilter) async throws(StoreError) -> Int {
        try with("counting the feed") { rows(&$0).count(where: filter.admits) }
    }

    package func transaction(
        id: String,
        within accessScope: AccessScope
    ) async throws(StoreError) -> Transaction? {
        try with("reading a transaction") { state in
            rows(&state).first { $0.id == id && accessScope.includes($0) }
        }
    }

    package func payment(
        ofTransaction id: String,
        within accessScope: AccessScope
    ) async throws(StoreError) -> PaymentDetail? {
        try with("reading a payment") { state in
            guard let row = rows(&state).first(where: { $0.id == id && accessScope.includes($0) }) else {
                return nil
            }
            let seeds = ObjectKind.allCases.map { ObjectReference($0, id) }
            let records = component(around: seeds, account: row.account, state)
            let ids = Set(records.map(\.reference.id))
            return PaymentDetail(
                transaction: row,
                group: PaymentGroup(records, account: row.account),
                events: state.events.map(\.entry).filter { entry in
                    entry.disposition == .projected && (entry.objectID.map(ids.contains) ?? false)
                }
                .map(\.id)
            )
        }
    }

    func rows(_ state: inout State) -> [Transaction] {
        if let rows = state.rows { return rows }
        let events = state.events.filter { $0.entry.disposition == .projected }.map(\.delivered.event)
        let rows = NaiveFeed.rows(of: events)
        state.rows = rows
        return rows
    }

    func known(account: String?, _ state: State) -> [ObjectReference: ObjectRecord] {
        var known: [ObjectReference: ObjectRecord] = [:]
        for record in state.events.filter({ $0.entry.account == account }).flatMap(\.records) {
            known[record.reference] = known[record.reference]?.merging(record) ?? record
        }
        return known
    }

    /// All that is connected with any of `seeds`, in whichever direction the links go.
    func component(
        around seeds: [ObjectReference],
        account: String?,
        _ state: State
    ) -> [ObjectRecord] {
        let known = known(account: account, state).filter { $0.key.kind != .customer }
        var found = Set(seeds.filter { known[$0] != nil })
        while true {
            let forth = found.flatMap { known[$0]?.links ?? [] }
            let back = known.values.filter { !$0.links.isDisjoint(with: found) }.map(\.reference)
            let grown = found.union(forth).union(back)
            if grown == found { return found.compactMap { known[$0] } }
            found = grown
        }
    }
}

// MARK: - Work

extension InMemoryStore {
    /// The missing objects of an event's payments and customers.
    private func missing(around kept: Kept, _ state: State) -> [StripeFetchRequest] {
        let told = kept.records.map(\.reference)
        let account = kept.entry.account
        let known = known(account: account, state)
        let customers = told.filter { $0.kind == .customer && known[$0]?.isAmbiguous == true }
        let payment = component(around: told.filter { $0.kind != .customer }, account: account, state)
        return PaymentGroup(payment, account: account).missing + customers.map(StripeFetchRequest.object)
    }

    /// The customers of one's own account that an event names, and of whom nothing is known.
    private func unknownCustomers(in kept: Kept, _ state: State) -> [StripeFetchRequest] {
        guard asksForCustomers, kept.entry.account == nil, kept.entry.disposition == .projected,
            kept.entry.removal?.cause != .erasure
        else { return [] }
        let known = known(account: nil, state)
        return kept.delivered.event.shown.compactMap(\.object.customer)
            .map { ObjectReference(.customer, $0) }.filter { known[$0]?.snapshot == nil }
            .map(StripeFetchRequest.object)
    }

    private func ask(for kept: Kept, except missedBefore: [StripeFetchRequest], _ state: inout State) {
        var missing = missing(around: kept, state)
        if case .thin = kept.delivered.event.content, kept.entry.disposition == .ignored {
            missing.append(.thinEvent(kept.entry.id))
        }
        let account = kept.entry.account
        let unknown = unknownCustomers(in: kept, state)
        missing += unknown
        for question in kept.records.map(\.reference).flatMap(StripeFetchRequest.about)
        where !missing.contains(question) {
            state.jobs.removeAll { $0.id == FetchKey(question, account: account).jobID }
        }
        for question in missing where unknown.contains(question) || !missedBefore.contains(question) {
            let key = FetchKey(question, account: account)
            let job = Job(fetching: key, askedAt: kept.delivered.receivedAt)
            guard let index = state.jobs.firstIndex(where: { $0.id == job.id }) else {
                state.jobs.append(job)
                continue
            }
            if state.jobs[index].state == .failed {
                let revision = state.jobs[index].revision + 1
                state.jobs[index] = job
                state.jobs[index].revision = revision
            }
        }
    }
}
