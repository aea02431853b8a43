package import Billing

/// A position in the list of old bodies: after this event, in the order of receipt.
package struct BodyPosition: Sendable, Equatable {
    package let receivedAt: Instant
    package let sequence: Int64

    package init(receivedAt: Instant, sequence: Int64) {
        self.receivedAt = receivedAt
        self.sequence = sequence
    }
}

/// A body that is old enough to be purged.
package struct AgedBody: Sendable {
    package let position: BodyPosition
    package let event: LoggedEvent

    package init(position: BodyPosition, event: LoggedEvent) {
        self.position = position
        self.event = event
    }
}

/// A body to purge, and the extract that is kept of its event.
package struct RemovableBody: Sendable {
    package let sequence: Int64
    package let essence: [UInt8]
    /// The file of the archive that contains the body by now.
    package let archive: String?

    /// - Returns: `nil` if the body must stay, because no extract can be made.
    package init?(_ body: AgedBody, archive: String?) {
        guard let essence = body.event.event.flatMap(RetainedFields.encode) else { return nil }
        sequence = body.position.sequence
        self.essence = essence
        self.archive = archive
    }
}

/// The outcome of a purge.
package struct RemovedBodies: Sendable, Equatable {
    /// The total size of the purged bodies.
    package var bytes: Int
    /// Events that were erased since their bodies were read: their bodies must not stay in the archive.
    package var erased: Set<EventKey>

    package init(bytes: Int = 0, erased: Set<EventKey> = []) {
        self.bytes = bytes
        self.erased = erased
    }
}

/// Purges the bodies of old events, in small batches so that deliveries can be recorded in between.
///
/// The body of a quarantined event is never purged by age, because an operator needs it to fix the event.
package protocol BodyRetention: Sendable {
    /// Bodies of events that were received before a time, the oldest first.
    ///
    /// - Parameters:
    ///   - cutoff: The time.
    ///   - position: The position of the last body of the previous page; `nil` for the first page.
    ///   - limit: The most bodies to return.
    ///   - maxBytes: The page ends with the body with which its total size reaches this.
    /// - Returns: The bodies; none at the end.
    /// - Throws: ``StoreError``.
    func agedBodies(
        receivedBefore cutoff: Instant,
        after position: BodyPosition?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [AgedBody]

    /// Purges bodies in one database transaction; durable when it returns.
    ///
    /// - Returns: The outcome. A body that was already gone does not count; it is listed if its event was
    ///   erased.
    func remove(_ bodies: [RemovableBody], at now: Instant) async throws(StoreError) -> RemovedBodies

    /// When the oldest event was received whose body may be purged by age; `nil` if there is none.
    func oldestBody() async throws(StoreError) -> Instant?
}
