package import Billing

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
    ///   - last: The last event of the previous page; `nil` for the first page.
    ///   - limit: The most bodies to return.
    ///   - maxBytes: The page ends with the body with which its total size reaches this.
    /// - Returns: The bodies; none at the end.
    /// - Throws: ``StoreError``.
    func agedBodies(
        receivedBefore cutoff: Instant,
        after last: StoredEvent?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [StoredEvent]

    /// Purges bodies in one database transaction; durable when it returns.
    ///
    /// - Returns: The outcome. A body that was already gone does not count; it is listed if its event was
    ///   erased.
    func purge(_ events: [StoredEvent]) async throws(StoreError) -> RemovedBodies

    /// When the oldest event was received whose body may be purged by age; `nil` if there is none.
    func oldestBody() async throws(StoreError) -> Instant?
}
