/// The outcome of storing links.
package enum LinkOutcome: Sendable, Equatable {
    case changed
    case unchanged
    /// The customer's personal data are erased; no link was stored.
    case erased
}

/// The users and organizations of Stripe's customers.
///
/// For a customer's users, and separately for its organizations, only the most trusted origin with a
/// statement counts: ``LinkOrigin/api``, then ``LinkOrigin/console``, then ``LinkOrigin/stripe``. Links from
/// Stripe are derived from the log. They count only for customers of the platform account, because a
/// connected account controls its customers' metadata.
package protocol IdentityMap: Sendable {
    /// The customers of a user or an organization, sorted by account and id, at most 1000.
    func customers(of identity: Identity) async throws(StoreError) -> [CustomerKey]

    /// All links of a customer.
    ///
    /// - Returns: `nil` for an unknown customer.
    func links(of customer: CustomerKey) async throws(StoreError) -> CustomerLinks?

    /// Replaces the statement of an origin about a customer.
    ///
    /// - Parameters:
    ///   - stated: The new statement; empty to withdraw the old one.
    ///   - customer: The customer, known or not.
    ///   - origin: Not ``LinkOrigin/stripe``, whose links are derived from the log.
    /// - Returns: The outcome.
    /// - Throws: ``StoreError``.
    func put(
        _ stated: StatedLinks,
        of customer: CustomerKey,
        from origin: LinkOrigin
    ) async throws(StoreError) -> LinkOutcome

    /// The customers of an account that Stripe or a stored link names, by ascending id.
    ///
    /// - Parameters:
    ///   - account: `nil` for the platform account.
    ///   - customer: The last customer of the previous page; `nil` for the first page.
    ///   - limit: The most customers to return.
    /// - Returns: The customers.
    /// - Throws: ``StoreError``.
    func customers(
        in account: String?,
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [CustomerKey]
}
