package import Billing

/// An archive of bodies from which some bodies can be erased.
package protocol ErasableArchive: Sendable {
    /// The files that contain matching bodies.
    ///
    /// - Parameters:
    ///   - erasing: Whether to erase the matching bodies, one file at a time: a file is either unchanged or
    ///     without all of them.
    ///   - isChosen: Whether a body matches.
    /// - Returns: The names of the files, sorted.
    /// - Throws: An error that is safe to show; the files before it are done.
    func files(erasing: Bool, where isChosen: (ArchivedEvent) -> Bool) throws -> [String]
}

/// Erases a customer's personal data in the log, the derived tables, the other tables and the archive.
///
/// The customer is marked first, so that events that arrive meanwhile are recorded without personal data.
/// Every step may run twice: an interrupted erasure is requested again.
package struct CustomerEraser: Sendable {
    private let store: any PersonalDataErasure
    private let archive: (any ErasableArchive)?

    private static let pageSize = 100
    /// Ids are found transitively (charge → payment method → mandate), at most this many passes.
    private static let maximumPasses = 6
    /// The prefix of the service's own events, which contain ids but no personal data.
    fileprivate static let ownEvents = "evt_ours_"

    package init(store: any PersonalDataErasure, archive: (any ErasableArchive)?) {
        self.store = store
        self.archive = archive
    }

    /// - Parameters:
    ///   - key: The customer.
    ///   - isDryRun: Whether to report the extent and change no data.
    ///   - now: The current time.
    /// - Returns: `nil` for an unknown customer.
    /// - Throws: ``ErasureFault``.
    package func erase(
        _ key: CustomerKey,
        isDryRun: Bool,
        now: Instant
    ) async throws(ErasureFault) -> ErasureReport? {
        let holdings: StoredDataSummary
        var search = Search(key, knowing: [])
        do throws(StoreError) {
            holdings = try await store.holdings(of: key)
            search = Search(key, knowing: holdings.ids)
            try await look(&search)
        } catch {
            throw .store(error)
        }
        var report = ErasureReport(
            key: key,
            isDryRun: isDryRun,
            wasErased: holdings.isErased,
            events: search.found,
            transactions: holdings.transactions,
            corrections: holdings.corrections,
            tagged: holdings.tagged,
            links: holdings.links
        )
        report.archives = try archived(search, erasing: false)
        let nothing = StoredDataSummary(
            ids: [],
            transactions: 0,
            corrections: 0,
            tagged: 0,
            links: 0,
            isErased: false
        )
        let isKnown =
            holdings != nothing || search.mentions > 0 || !report.archives.isEmpty
        guard isKnown else { return nil }
        if isDryRun { return report }

        do throws(StoreError) {
            try await store.mark(search.ids, of: key, at: now)
            report.events = try await eraseEvents(&search, now: now)
            // Events that were recorded meanwhile may have added ids.
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

    /// Finds the customer's events, and collects the ids that belong to the customer.
    private struct Search {
        let key: CustomerKey
        private(set) var ids: Set<String>
        /// The number of the customer's events, and of those with data to erase.
        var (mentions, found) = (0, 0)

        init(_ key: CustomerKey, knowing ids: Set<String>) {
            self.key = key
            self.ids = ids.union([key.customer])
        }

        /// Whether an event is the customer's; if so, the ids in it are added to the customer's.
        mutating func takes(_ event: StoredEvent) -> Bool {
            guard event.entry.account == key.account, !event.entry.id.hasPrefix(CustomerEraser.ownEvents)
            else { return false }
            let references = CustomerReferences(event)
            guard references.isAbout(key.customer, ids: ids) else { return false }
            ids.formUnion(references.ownedIDs)
            return true
        }

        /// Whether an archived body is the customer's.
        func covers(_ archived: ArchivedEvent) -> Bool {
            guard archived.account == key.account, !archived.key.id.hasPrefix(CustomerEraser.ownEvents) else {
                return false
            }
            return archived.references.isAbout(key.customer, ids: ids)
        }
    }

    /// Reads the log repeatedly until a pass finds no new id of the customer.
    private func look(_ search: inout Search) async throws(StoreError) {
        for _ in 0..<Self.maximumPasses {
            let known = search.ids.count
            (search.mentions, search.found) = (0, 0)
            var last: Int64 = 0
            while true {
                let page = try await store.events(after: last, limit: Self.pageSize)
                guard let end = page.last else { break }
                for event in page where search.takes(event) {
                    search.mentions += 1
                    if event.entry.removal?.cause != .erasure { search.found += 1 }
                }
                last = end.sequence
            }
            if search.ids.count == known { return }
        }
    }

    /// - Returns: The number of events with data to erase.
    private func eraseEvents(_ search: inout Search, now: Instant) async throws(StoreError) -> Int {
        var count = 0
        var last: Int64 = 0
        while true {
            let page = try await store.events(after: last, limit: Self.pageSize)
            guard let end = page.last else { return count }
            let events = page.filter { search.takes($0) && $0.entry.removal?.cause != .erasure }
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
