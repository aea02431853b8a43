package import Billing
package import Storage

// The bytes stay where they are: derived data are the same as without the purge.
extension InMemoryStore.Kept {
    var stored: StoredEvent {
        StoredEvent(
            sequence: sequence,
            entry: entry,
            payload: delivered.payload,
            extract: RetainedFields.encode(delivered.event)
        )
    }
}

extension InMemoryStore {
    package func agedBodies(
        receivedBefore cutoff: Instant,
        after last: StoredEvent?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [StoredEvent] {
        try with("looking for old bodies") { state in
            func position(_ event: StoredEvent) -> (Instant, Int64) {
                (event.entry.receivedAt, event.sequence)
            }
            let bodies = state.events.map(\.stored)
                .filter { event in
                    event.entry.removal == nil && event.entry.receivedAt < cutoff
                        && event.entry.disposition != .quarantined
                        && last.map { position($0) < position(event) } ?? true
                }
                .sorted { position($0) < position($1) }
            var bytes = 0
            return Array(
                bodies.prefix(limit).prefix { body in
                    defer { bytes += body.entry.size }
                    return bytes < maxBytes
                }
            )
        }
    }

    package func purge(_ events: [StoredEvent]) async throws(StoreError) -> RemovedBodies {
        try with("purging old bodies") { state in
            var removed = RemovedBodies()
            for event in events {
                let index = Int(event.sequence) - 1
                let entry = state.events[index].entry
                if entry.removal?.cause == .erasure { removed.erased.insert(entry.key) }
                guard entry.removal == nil, entry.disposition != .quarantined, event.extract != nil,
                    let removal = event.entry.removal
                else { continue }
                state.events[index].entry.removal = removal
                removed.bytes += entry.size
            }
            return removed
        }
    }

    package func oldestBody() async throws(StoreError) -> Instant? {
        try with("looking for the oldest body") { state in
            state.events.map(\.entry).filter { $0.removal == nil && $0.disposition != .quarantined }
                .map(\.receivedAt).min()
        }
    }
}
