package import Billing
package import Storage

// The bytes stay where they are: derived data are the same as without the purge.
extension InMemoryStore.Kept {
    var logged: LoggedEvent {
        LoggedEvent(
            entry: entry,
            payload: delivered.payload,
            essence: RetainedFields.encode(delivered.event)
        )
    }
}

extension InMemoryStore {
    package func agedBodies(
        receivedBefore cutoff: Instant,
        after position: BodyPosition?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [AgedBody] {
        try with("looking for old bodies") { state in
            let bodies = state.events.enumerated()
                .map { AgedBody(position: $1.position($0), event: $1.logged) }
                .filter { body in
                    let entry = body.event.entry
                    return entry.removal == nil && entry.receivedAt < cutoff
                        && entry.disposition != .quarantined
                        && position.map { $0.isBefore(body.position) } ?? true
                }
                .sorted { $0.position.isBefore($1.position) }
            var bytes = 0
            return Array(
                bodies.prefix(limit).prefix { body in
                    defer { bytes += body.event.entry.size }
                    return bytes < maxBytes
                }
            )
        }
    }

    package func remove(
        _ bodies: [RemovableBody],
        at now: Instant
    ) async throws(StoreError)
        -> RemovedBodies
    {
        try with("purging old bodies") { state in
            var removed = RemovedBodies()
            for body in bodies {
                let index = Int(body.sequence) - 1
                let entry = state.events[index].entry
                if entry.removal?.cause == .erasure { removed.erased.insert(entry.key) }
                guard entry.removal == nil, entry.disposition != .quarantined else { continue }
                state.events[index].entry = entry.without(
                    BodyRemoval(at: now, cause: .age, archive: body.archive)
                )
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

extension InMemoryStore.Kept {
    fileprivate func position(_ index: Int) -> BodyPosition {
        BodyPosition(receivedAt: entry.receivedAt, sequence: Int64(index) + 1)
    }
}

extension BodyPosition {
    fileprivate func isBefore(_ other: BodyPosition) -> Bool {
        (receivedAt, sequence) < (other.receivedAt, other.sequence)
    }
}

extension EventEntry {
    /// The same of an event whose body is gone.
    func without(_ removal: BodyRemoval) -> EventEntry {
        EventEntry(
            id: id,
            type: type,
            created: created,
            receivedAt: receivedAt,
            livemode: livemode,
            account: account,
            apiVersion: apiVersion,
            source: source,
            disposition: disposition,
            reason: reason,
            objectID: objectID,
            size: size,
            removal: removal
        )
    }
}
