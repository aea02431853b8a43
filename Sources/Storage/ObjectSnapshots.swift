package import Billing

/// The stored states of Stripe's objects, from which the rows are derived.
package protocol ObjectSnapshots: Sendable {
    /// The payments that some objects belong to, each as the records of all its objects.
    ///
    /// A customer belongs to no payment, and is returned alone.
    ///
    /// - Parameters:
    ///   - references: The objects; unknown ones are skipped.
    ///   - account: The connected account of the objects.
    /// - Returns: Each payment once.
    /// - Throws: ``StoreError``.
    func payments(
        of references: [ObjectReference],
        account: String?
    ) async throws(StoreError) -> [[ObjectRecord]]
}
