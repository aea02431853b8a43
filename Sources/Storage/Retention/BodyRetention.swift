package import Billing

/// Where the reading of old bodies is: behind this event, in the order in which events were received.
package struct BodyPosition: Sendable, Equatable {
    package let receivedAt: Instant
    package let sequence: Int64

    package init(receivedAt: Instant, sequence: Int64) {
        self.receivedAt = receivedAt
        self.sequence = sequence
    }
}

/// A body that is old enough to be let go of.
package struct AgedBody: Sendable {
    package let position: BodyPosition
    package let event: LoggedEvent

    package init(position: BodyPosition, event: LoggedEvent) {
        self.position = position
        self.event = event
    }
}

/// A body that is let go of, and what is kept of its event.
package struct RemovableBody: Sendable {
    package let sequence: Int64
    package let essence: [UInt8]
    /// The file of the archive that has it by now.
    package let archive: String?

    /// - Returns: `nil` for a body that is to stay: nothing of it could be kept.
    package init?(_ body: AgedBody, archive: String?) {
        guard let essence = body.event.event.flatMap(EventEssence.encode) else { return nil }
        sequence = body.position.sequence
        self.essence = essence
        self.archive = archive
    }
}

/// What became of bodies that were to be let go of.
package struct RemovedBodies: Sendable, Equatable {
    /// How many bytes they had together.
    package var bytes: Int
    /// Events that were erased since their bodies were read: the archive is not to have them.
    package var erased: Set<EventKey>

    package init(bytes: Int = 0, erased: Set<EventKey> = []) {
        self.bytes = bytes
        self.erased = erased
    }
}

/// Letting go of the bodies of old events, a few at a time so that deliveries get their turn.
///
/// The body of a quarantined event never goes by its age: it is what an operator mends it with.
package protocol BodyRetention: Sendable {
    /// Bodies of events that were received before a time, the oldest first.
    ///
    /// - Parameters:
    ///   - cutoff: The time.
    ///   - position: `nil` at first, then that of the last body before.
    ///   - limit: How many at most.
    ///   - maxBytes: Not one more once they come to so many.
    /// - Returns: The bodies; none at the end.
    /// - Throws: ``StoreError``.
    func agedBodies(
        receivedBefore cutoff: Instant,
        after position: BodyPosition?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [AgedBody]

    /// Lets go of some bodies in one database transaction; durable when it returns.
    ///
    /// - Returns: What became of them; of a body that is gone already nothing is said unless it was erased.
    func remove(_ bodies: [RemovableBody], at now: Instant) async throws(StoreError) -> RemovedBodies

    /// When the oldest event was received whose body is there and may go by its age; `nil` when there is none.
    func oldestBody() async throws(StoreError) -> Instant?
}
