package import Billing

/// Which session links have been used, at any replica and before any restart: each lets in once.
package protocol SessionLinks: Sendable {
    /// Uses a link.
    ///
    /// - Parameters:
    ///   - link: What tells it from every other.
    ///   - end: When it expires; it is forgotten after that.
    ///   - now: The time.
    /// - Returns: Whether it had not been used before; of several who use it at once, one is told so.
    /// - Throws: ``StoreError``.
    func useSessionLink(
        _ link: String,
        until end: Instant,
        now: Instant
    ) async throws(StoreError) -> Bool
}
