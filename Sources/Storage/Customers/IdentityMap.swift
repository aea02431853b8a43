/// What became of links that were put.
package enum LinkOutcome: Sendable, Equatable {
    case changed
    case unchanged
    /// The customer's personal data were erased; nothing was put.
    case erased
}

/// Who is who: the users and organizations of Stripe's customers.
///
/// Of a customer's users, and likewise of its organizations, the most trusted origin that says anything is believed
/// alone: ``LinkOrigin/api``, then ``LinkOrigin/console``, then ``LinkOrigin/stripe``. What Stripe says follows from
/// the log and counts for customers of one's own account only, since a connected account writes its customers'
/// metadata as it likes.
package protocol IdentityMap: Sendable {
    /// A user's or an organization's customers, by account and id, at most ``maximumCustomers``.
    func customers(of identity: Identity) async throws(StoreError) -> [CustomerKey]

    /// All links of a customer.
    ///
    /// - Returns: `nil` for a customer that nothing is known of.
    func links(of customer: CustomerKey) async throws(StoreError) -> CustomerLinks?

    /// Puts what an origin says of a customer in the place of what it said before.
    ///
    /// - Parameters:
    ///   - stated: Nothing to take back what was said.
    ///   - customer: The customer; nothing need be known of it yet.
    ///   - origin: Not ``LinkOrigin/stripe``, which follows from the log.
    /// - Returns: What became of it.
    /// - Throws: ``StoreError``.
    func put(
        _ stated: StatedLinks,
        of customer: CustomerKey,
        from origin: LinkOrigin
    ) async throws(StoreError) -> LinkOutcome

    /// The customers of an account that Stripe told of or that were put, by rising id.
    ///
    /// - Parameters:
    ///   - account: `nil` for one's own.
    ///   - customer: Those behind it; `nil` for the first.
    ///   - limit: How many at most.
    /// - Returns: The customers.
    /// - Throws: ``StoreError``.
    func customers(
        in account: String?,
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [CustomerKey]
}

extension IdentityMap {
    package static var maximumCustomers: Int { 1000 }
}
