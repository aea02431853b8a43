/// One object in an event: the fields that we read, and the objects that it names.
///
/// The links are separate because the stored form of an object names fewer objects than the event. For
/// example, the refunds in a charge are stored as snapshots of their own.
package struct ObservedObject: Sendable {
    package let object: StripeObject
    package let links: Set<ObjectReference>

    package init(_ object: StripeObject, links: Set<ObjectReference>) {
        self.object = object
        self.links = links
    }

    init(_ object: StripeObject) { self.init(object, links: Set(object.value.links)) }
}

extension Event {
    /// The objects that this event shows, first the one that the event is about.
    package var shown: [ObservedObject] {
        switch content {
        case .snapshot(let object): object.flattened.map { ObservedObject($0) }
        case .restored(let shown): shown
        case .thin, .other, .unreadable: []
        }
    }

    /// The id of the object that this event is about, if we read its kind and the id is readable.
    package var objectID: String? {
        switch content {
        case .snapshot(let object): object.reference.id
        case .restored(let shown): shown.first?.object.reference.id
        case .unreadable(_, let objectID): objectID
        case .thin, .other: nil
        }
    }

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
