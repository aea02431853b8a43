/// Which events become part of the feed.
package struct ProjectionPolicy: Sendable {
    /// `nil` for both modes; otherwise events of the other mode are recorded and never shown.
    package let livemode: Bool?
    /// Whether Stripe is asked who a customer is that a payment names and no event told of.
    package let asksForCustomers: Bool

    package init(livemode: Bool? = nil, asksForCustomers: Bool = false) {
        self.livemode = livemode
        self.asksForCustomers = asksForCustomers
    }
}
