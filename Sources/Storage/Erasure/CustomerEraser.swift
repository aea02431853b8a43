package import Billing

/// An archive of bodies that some can be taken out of.
package protocol ErasableArchive: Sendable {
    /// The files that have bodies of a kind.
    ///
    /// - Parameters:
    ///   - erasing: Whether those bodies are taken out, a file at a time: it is as it was, or without all of them.
    ///   - isChosen: Tells the kind.
    /// - Returns: The names of the files, sorted.
    /// - Throws: An error that is safe to show; the files before are done.
    func files(erasing: Bool, where isChosen: (ArchivedBody) -> Bool) throws -> [String]
}

/// Erases a customer's personal data: in the log, in what is derived from it, beside it, and in the archive.
///
/// The customer is marked first, so that nothing comes back that arrives meanwhile. Every step may be done twice: one
/// that was interrupted is asked for again.
package struct CustomerEraser: Sendable {
    private let store: any PersonalDataErasure
    private let archive: (any ErasableArchive)?

    private static let pageSize = 100
    /// What an event names may be named by another in turn: a mandate by a means of payment, that by a charge.
    private static let maximumPasses = 6
    /// Events of our own, which have ids in them and nobody's data.
    fileprivate static let ownEvents = "evt_ours_"

    package init(store: any PersonalDataErasure, archive: (any ErasableArchive)?) {
        self.store = store
        self.archive = archive
    }

    /// - Parameters:
    ///   - key: The customer.
    ///   - isDryRun: Whether to tell the extent and change nothing.
    ///   - now: The present.
    /// - Returns: `nil` when nothing is known of such a customer.
    /// - Throws: ``ErasureFault``.
    package func erase(
        _ key: CustomerKey,
        isDryRun: Bool,
        now: Instant
    ) async throws(ErasureFault) -> ErasureReport? {
        let holdings: CustomerHoldings
        var search = Search(key, knowing: [])
        do throws(StoreError) {
            holdings = try await store.holdings(of: key)
            search = Search(key, knowing: holdings.ids)
            try await look(&search)
        } catch {
            throw .store(error)
        }
        var report = ErasureReport(
            key,
            isDryRun: isDryRun,
            wasErased: holdings.isErased,
            events: search.found,
            transactions: holdings.transactions,
            credits: holdings.credits,
            links: holdings.links
        )
        report.archives = try archived(search, erasing: false)
        let isKnown =
            holdings != CustomerHoldings(ids: [], transactions: 0, credits: 0, links: 0, isErased: false)
            || search.mentions > 0 || !report.archives.isEmpty
        guard isKnown else { return nil }
        if isDryRun { return report }

        do throws(StoreError) {
            try await store.mark(search.ids, of: key, at: now)
            report.events = try await eraseEvents(&search, now: now)
            // The tail of the log may have told of more.
            try await store.mark(search.ids, of: key, at: now)
            _ = try await store.eraseDerived(of: key)
        } catch {
            throw .store(error)
        }
        report.archives = try archived(search, erasing: true)
        do throws(StoreError) {
            try await store.scrub()
        } catch {
            throw .store(error)
        }
        return report
    }

    // MARK: The log

    /// Which events are the customer's, and by which ids they are known.
    private struct Search {
        let key: CustomerKey
        private(set) var ids: Set<String>
        /// Events of the customer's, and those of them that have something to erase.
        var (mentions, found) = (0, 0)

        init(_ key: CustomerKey, knowing ids: Set<String>) {
            self.key = key
            self.ids = ids.union([key.customer])
        }

        /// Whether an event is the customer's; what it names is the customer's then.
        mutating func takes(_ event: LoggedEvent) -> Bool {
            guard event.entry.account == key.account, !event.entry.id.hasPrefix(CustomerEraser.ownEvents)
            else { return false }
            let mention = EventMention(event)
            guard mention.isAbout(key.customer, ids: ids) else { return false }
            ids.formUnion(mention.belongings)
            return true
        }

        /// The same of a line of the archive.
        func covers(_ archived: ArchivedBody) -> Bool {
            guard archived.account == key.account, !archived.key.id.hasPrefix(CustomerEraser.ownEvents) else {
                return false
            }
            return archived.mention.isAbout(key.customer, ids: ids)
        }
    }

    /// Goes through the log until it tells of nothing more that is the customer's.
    private func look(_ search: inout Search) async throws(StoreError) {
        for _ in 0..<Self.maximumPasses {
            let known = search.ids.count
            (search.mentions, search.found) = (0, 0)
            var last: Int64 = 0
            while true {
                let page = try await store.events(after: last, limit: Self.pageSize)
                guard let end = page.last else { break }
                for numbered in page where search.takes(numbered.event) {
                    search.mentions += 1
                    if numbered.event.entry.removal?.cause != .erasure { search.found += 1 }
                }
                last = end.sequence
            }
            if search.ids.count == known { return }
        }
    }

    /// - Returns: How many had something to erase.
    private func eraseEvents(_ search: inout Search, now: Instant) async throws(StoreError) -> Int {
        var count = 0
        var last: Int64 = 0
        while true {
            let page = try await store.events(after: last, limit: Self.pageSize)
            guard let end = page.last else { return count }
            var events: [ErasableEvent] = []
            for numbered in page where search.takes(numbered.event) {
                guard numbered.event.entry.removal?.cause != .erasure else { continue }
                events.append(ErasableEvent(numbered))
            }
            if !events.isEmpty { count += try await store.erase(events, at: now) }
            last = end.sequence
        }
    }

    // MARK: The archive

    private func archived(_ search: Search, erasing: Bool) throws(ErasureFault) -> [String] {
        guard let archive else { return [] }
        do {
            return try archive.files(erasing: erasing) { search.covers($0) }
        } catch {
            throw .archive("\(error)")
        }
    }
}
