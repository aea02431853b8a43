/// All that we know of one Stripe object: its best snapshot, and every link any snapshot of it ever showed.
///
/// Records form a join-semilattice under ``merging(_:)``: commutative, associative and idempotent. That is
/// why the order, repetition and interleaving of events cannot matter to the feed.
package struct ObjectRecord: Sendable {
    package let reference: ObjectReference
    /// `nil` while the object is known only because another one names it.
    package private(set) var snapshot: Snapshot?
    package private(set) var links: Set<ObjectReference>

    package init(reference: ObjectReference, snapshot: Snapshot? = nil, links: Set<ObjectReference> = []) {
        self.reference = reference
        self.snapshot = snapshot
        self.links = links
    }

    /// The record of what both know.
    package func merging(_ other: ObjectRecord) -> ObjectRecord {
        var merged = self
        merged.links.formUnion(other.links)
        if let theirs = other.snapshot {
            merged.snapshot = snapshot.map { max($0, theirs) } ?? theirs
        }
        return merged
    }
}

extension ObjectRecord: Equatable {
    package static func == (left: ObjectRecord, right: ObjectRecord) -> Bool {
        left.reference == right.reference && left.links == right.links && left.snapshot == right.snapshot
    }
}

/// One object as one event showed it.
///
/// Snapshots are totally ordered: a state that can never be left wins, then the time of the event, then how
/// far the object has come, then, so that no tie is ever left to arrival, what they say.
package final class Snapshot: Sendable {
    package let object: StripeObject
    /// When the event was made that showed it (`Event.created`).
    package let shownAt: Instant
    package let livemode: Bool
    package let apiVersion: String?
    /// The object as stored: JSON with sorted keys.
    package let encoded: [UInt8]

    package var isFinal: Bool { object.value.isFinal }

    package init(
        object: StripeObject,
        shownAt: Instant,
        livemode: Bool,
        apiVersion: String?,
        encoded: [UInt8]
    ) {
        self.object = object
        self.shownAt = shownAt
        self.livemode = livemode
        self.apiVersion = apiVersion
        self.encoded = encoded
    }
}

extension Snapshot: Comparable {
    package static func == (left: Snapshot, right: Snapshot) -> Bool { !(left < right) && !(right < left) }

    package static func < (left: Snapshot, right: Snapshot) -> Bool {
        if left.isFinal != right.isFinal { return right.isFinal }
        if left.shownAt != right.shownAt { return left.shownAt < right.shownAt }
        let (ours, theirs) = (left.object.value.progress, right.object.value.progress)
        if ours != theirs { return ours.lexicographicallyPrecedes(theirs) }
        if left.encoded != right.encoded { return left.encoded.lexicographicallyPrecedes(right.encoded) }
        if left.livemode != right.livemode { return right.livemode }
        // None is less than any, also than an empty one.
        return (left.apiVersion.map { "v" + $0 } ?? "") < (right.apiVersion.map { "v" + $0 } ?? "")
    }
}
