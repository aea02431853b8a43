extension Event {
    /// What this event adds to what is known: a record for each object it shows or names.
    ///
    /// - Parameter now: stands in for the event's own time where the envelope has none.
    /// - Returns: One record an object, sorted by reference.
    package func records(receivedAt now: Instant) -> [ObjectRecord] {
        guard case .snapshot(let object) = content else { return [] }
        var records: [ObjectReference: ObjectRecord] = [:]
        func add(_ record: ObjectRecord) {
            records[record.reference] = records[record.reference]?.merging(record) ?? record
        }
        for shown in object.flattened {
            let links = Set(shown.value.links)
            let snapshot = Snapshot(
                object: shown,
                shownAt: created ?? now,
                livemode: livemode,
                apiVersion: apiVersion,
                encoded: SnapshotCoding.encode(shown)
            )
            add(ObjectRecord(reference: shown.reference, snapshot: snapshot, links: links))
            for named in links { add(ObjectRecord(reference: named)) }
        }
        return records.values.sorted { $0.reference < $1.reference }
    }
}
