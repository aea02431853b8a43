package import Billing

/// Records which session links have been used, across replicas and restarts: each link works once.
package protocol SessionLinks: Sendable {
    /// Uses a link.
    ///
    /// - Parameters:
    ///   - link: Identifies the link.
    ///   - end: When the link expires; the record of its use is deleted after that.
    ///   - now: The current time.
    /// - Returns: Whether the link was unused; if several callers use it at once, only one gets true.
    /// - Throws: ``StoreError``.
    func useSessionLink(
        _ link: String,
        until end: Instant,
        now: Instant
    ) async throws(StoreError) -> Bool
}
