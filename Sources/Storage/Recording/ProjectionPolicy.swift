/// Which events become part of the feed.
package struct ProjectionPolicy: Sendable {
    /// `nil` for both modes; otherwise events of the other mode are recorded but never shown.
    package let livemode: Bool?
    /// Whether to fetch a customer from Stripe that a payment names and no event has shown.
    package let asksForCustomers: Bool

    package init(livemode: Bool? = nil, asksForCustomers: Bool = false) {
        self.livemode = livemode
        self.asksForCustomers = asksForCustomers
    }
}
