package import Billing

/// What is known of Stripe's objects, from which the rows are derived.
package protocol KnownObjects: Sendable {
    /// The payments that some objects belong to, each as all that is known of its objects.
    ///
    /// A customer belongs to no payment, and comes alone.
    ///
    /// - Parameters:
    ///   - references: Those that are not known are passed over.
    ///   - account: The connected account they belong to.
    /// - Returns: Each payment once.
    /// - Throws: ``StoreError``.
    func payments(
        of references: [ObjectReference],
        account: String?
    ) async throws(StoreError) -> [[ObjectRecord]]
}
