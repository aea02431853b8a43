extension Event {
    /// The records of the objects that this event shows or names.
    ///
    /// - Parameter now: The time to use if the envelope has none.
    /// - Returns: One record per object, sorted by reference.
    package func records(receivedAt now: Instant) -> [ObjectRecord] {
        var records: [ObjectReference: ObjectRecord] = [:]
        func add(_ record: ObjectRecord) {
            records[record.reference] = records[record.reference]?.merging(record) ?? record
        }
        for shown in shown {
            let snapshot = Snapshot(
                object: shown.object,
                observedAt: created ?? now,
                livemode: livemode,
                apiVersion: apiVersion,
                encoded: SnapshotCoding.encode(shown.object)
            )
            add(ObjectRecord(reference: shown.object.reference, snapshot: snapshot, links: shown.links))
            for named in shown.links { add(ObjectRecord(reference: named)) }
        }
        return records.values.sorted { $0.reference < $1.reference }
    }
}
