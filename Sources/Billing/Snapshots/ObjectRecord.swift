/// All that we know of one Stripe object: its best snapshot, and every link any snapshot of it ever showed.
///
/// Records form a join-semilattice under ``merging(_:)``: commutative, associative and idempotent. That is
/// why the order, repetition and interleaving of events cannot matter to the feed.
package struct ObjectRecord: Sendable {
    package let reference: ObjectReference
    /// `nil` while the object is known only because another one names it.
    package private(set) var snapshot: Snapshot?
    package private(set) var links: Set<ObjectReference>
    /// Whether events showed the object in two ways of which neither can be told to be the later.
    ///
    /// One of them is kept, the same whatever the order; which of them is so, Stripe has to be asked.
    package private(set) var isUndecided: Bool

    package init(
        reference: ObjectReference,
        snapshot: Snapshot? = nil,
        links: Set<ObjectReference> = [],
        isUndecided: Bool = false
    ) {
        self.reference = reference
        self.snapshot = snapshot
        self.links = links
        self.isUndecided = isUndecided
    }

    /// The record of what both know.
    package func merging(_ other: ObjectRecord) -> ObjectRecord {
        var merged = self
        merged.links.formUnion(other.links)
        guard let theirs = other.snapshot else { return merged }
        guard let ours = snapshot else {
            (merged.snapshot, merged.isUndecided) = (theirs, other.isUndecided)
            return merged
        }
        merged.snapshot = max(ours, theirs)
        // A later one settles what was open among those before it.
        if ours.isBefore(theirs) {
            merged.isUndecided = other.isUndecided
        } else if !theirs.isBefore(ours) {
            merged.isUndecided = isUndecided || other.isUndecided || !ours.saysTheSame(as: theirs)
        }
        return merged
    }
}

extension ObjectRecord: Equatable {
    package static func == (left: ObjectRecord, right: ObjectRecord) -> Bool {
        left.reference == right.reference && left.links == right.links && left.snapshot == right.snapshot
            && left.isUndecided == right.isUndecided
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

extension Snapshot {
    /// Whether `other` is known to be the later state, and not only put behind this one so that there is an order.
    func isBefore(_ other: Snapshot) -> Bool {
        if isFinal != other.isFinal { return other.isFinal }
        if shownAt != other.shownAt { return shownAt < other.shownAt }
        return object.value.progress.lexicographicallyPrecedes(other.object.value.progress)
    }

    /// Whether both show the object in the same state: links of Stripe's are minted anew each time.
    func saysTheSame(as other: Snapshot) -> Bool {
        encoded == other.encoded
            || SnapshotCoding.encodeState(of: object) == SnapshotCoding.encodeState(of: other.object)
    }
}

extension Snapshot: Comparable {
    package static func == (left: Snapshot, right: Snapshot) -> Bool { !(left < right) && !(right < left) }

    package static func < (left: Snapshot, right: Snapshot) -> Bool {
        if left.isBefore(right) { return true }
        if right.isBefore(left) { return false }
        if left.encoded != right.encoded { return left.encoded.lexicographicallyPrecedes(right.encoded) }
        if left.livemode != right.livemode { return right.livemode }
        // None is less than any, also than an empty one.
        return (left.apiVersion.map { "v" + $0 } ?? "") < (right.apiVersion.map { "v" + $0 } ?? "")
    }
}
