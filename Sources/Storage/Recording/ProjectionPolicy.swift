/// Which events become part of the feed.
package struct ProjectionPolicy: Sendable {
    /// `nil` for both modes; otherwise events of the other mode are recorded and never shown.
    package let livemode: Bool?

    package init(livemode: Bool? = nil) { self.livemode = livemode }
}
