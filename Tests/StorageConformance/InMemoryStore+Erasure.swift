package import Billing
package import Storage

extension InMemoryStore.Kept {
    /// The same without its customer's personal data.
    mutating func erase(at now: Instant) {
        delivered = IncomingEvent(
            delivered.event.erased,
            payload: [],
            receivedAt: delivered.receivedAt,
            source: delivered.source
        )
        entry.removal = BodyRemoval(at: entry.removal?.at ?? now, cause: .erasure, archive: nil)
        show()
    }

    mutating func show() {
        records =
            entry.disposition == .projected
            ? delivered.event.records(receivedAt: delivered.receivedAt) : []
    }
}

extension InMemoryStore {
    /// An event as it is kept: without personal data, if it is about an erased customer.
    func spared(_ arrived: Kept, _ state: State) -> Kept {
        var kept = arrived
        if let erased = state.marks.applied(to: kept.delivered).erasedCustomer {
            state.marks.add(
                erased.ids,
                of: erased.key.customer,
                account: erased.key.account ?? "",
                revision: 0
            )
            kept.erase(at: kept.delivered.receivedAt)
        } else {
            kept.show()
        }
        return kept
    }

    package func holdings(of key: CustomerKey) async throws(StoreError) -> StoredDataSummary {
        try with("looking for a customer") { state in
            let theirs = rows(&state).filter { $0.customer == key.customer && $0.account == key.account }
            let seeds = theirs.flatMap { row in ObjectKind.allCases.map { ObjectReference($0, row.id) } }
            let objects = component(around: seeds, account: key.account, state).map(\.reference.id)
            let corrections = state.usage.corrections.values.filter {
                $0.customer == key.customer && $0.reason != nil && key.account == nil
            }
            let marked = state.marks.ids(of: key)
            let addresses = state.usage.addresses(of: key)
            return StoredDataSummary(
                ids: marked.union(objects),
                transactions: theirs.count,
                corrections: corrections.count,
                tagged: state.usage.tags.keys.count { addresses.contains($0.owner) },
                links: state.links[key]?.values.flatMap { $0 }.map { max(1, $0.value.count) }.reduce(0, +)
                    ?? 0,
                isErased: marked.contains(key.customer)
            )
        }
    }

    package func events(after sequence: Int64, limit: Int) async throws(StoreError) -> [StoredEvent] {
        try with("reading the log") { state in
            state.events.dropFirst(Int(sequence)).prefix(limit).map(\.stored)
        }
    }

    package func mark(_ ids: Set<String>, of key: CustomerKey, at now: Instant) async throws(StoreError) {
        try with("marking a customer as erased") { state in
            state.marks.add(ids, of: key.customer, account: key.account ?? "", revision: 0)
        }
    }

    package func erase(_ events: [StoredEvent], at now: Instant) async throws(StoreError) -> Int {
        try with("erasing events") { state in
            state.rows = nil
            return events.count { event in
                let index = Int(event.sequence) - 1
                guard state.events[index].entry.removal?.cause != .erasure else { return false }
                state.events[index].erase(at: now)
                return true
            }
        }
    }

    package func eraseDerived(of key: CustomerKey) async throws(StoreError) -> Int {
        try with("erasing") { state in
            state.links[key] = nil
            for (id, entry) in state.usage.corrections
            where entry.customer == key.customer && key.account == nil {
                state.usage.corrections[id] = entry.withoutReason
            }
            let addresses = state.usage.addresses(of: key)
            state.usage.tags = state.usage.tags.filter { !addresses.contains($0.key.owner) }
            return 0
        }
    }

    package func scrub() async throws(StoreError) { try with("scrubbing") { _ in } }

    package func marked(among ids: Set<String>, account: String?) async throws(StoreError) -> Set<String> {
        try with("looking for erased customers") { $0.marks.marked(among: ids, account: account) }
    }
}
