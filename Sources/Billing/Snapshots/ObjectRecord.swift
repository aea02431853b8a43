/// All that we know of one Stripe object: its latest snapshot, with what only earlier ones could say, and every link that
/// any snapshot of it ever showed.
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
        merged.snapshot = ours.merging(theirs)
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
