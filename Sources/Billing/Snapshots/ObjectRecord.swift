/// All data about one Stripe object: its latest snapshot, with fields that only earlier ones had, and all
/// links of all snapshots.
///
/// Records form a join-semilattice under ``merging(_:)``: commutative, associative and idempotent. Therefore
/// the order, repetition and interleaving of events do not affect the feed.
package struct ObjectRecord: Sendable {
    package let reference: ObjectReference
    /// `nil` while the object is only named by other objects.
    package private(set) var snapshot: Snapshot?
    package private(set) var links: Set<ObjectReference>
    /// Whether events showed the object in two states, neither of which can be identified as the later.
    ///
    /// One state is kept, independent of the order of arrival. The current state must be fetched from Stripe.
    package private(set) var isAmbiguous: Bool

    package init(
        reference: ObjectReference,
        snapshot: Snapshot? = nil,
        links: Set<ObjectReference> = [],
        isAmbiguous: Bool = false
    ) {
        self.reference = reference
        self.snapshot = snapshot
        self.links = links
        self.isAmbiguous = isAmbiguous
    }

    /// The union of both records.
    package func merging(_ other: ObjectRecord) -> ObjectRecord {
        var merged = self
        merged.links.formUnion(other.links)
        guard let theirs = other.snapshot else { return merged }
        guard let ours = snapshot else {
            (merged.snapshot, merged.isAmbiguous) = (theirs, other.isAmbiguous)
            return merged
        }
        merged.snapshot = ours.merging(theirs)
        // A later snapshot settles a conflict between earlier ones.
        if ours.isBefore(theirs) {
            merged.isAmbiguous = other.isAmbiguous
        } else if !theirs.isBefore(ours) {
            merged.isAmbiguous = isAmbiguous || other.isAmbiguous || !ours.hasSameState(as: theirs)
        }
        return merged
    }
}

extension ObjectRecord: Equatable {
    package static func == (left: ObjectRecord, right: ObjectRecord) -> Bool {
        left.reference == right.reference && left.links == right.links && left.snapshot == right.snapshot
            && left.isAmbiguous == right.isAmbiguous
    }
}
