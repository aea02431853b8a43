import Stories

/// What is sent, in which order, how often and how fast.
struct DeliveryPlan: Sendable {
    let events: [EventBody]
    /// Places in ``events``, one for each delivery.
    let order: [Int]
    var concurrency = 1
    /// Deliveries a second; `nil` for as fast as it goes.
    var rate: Double?

    /// - Parameters:
    ///   - events: What is sent.
    ///   - copies: How often each event is sent. Copies follow one another unless they are shuffled.
    ///   - shuffleSeed: Sends in an order that this number decides; `nil` keeps the order of the files.
    init(_ events: [EventBody], copies: Int = 1, shuffleSeed: UInt64? = nil) {
        self.events = events
        var order = events.indices.flatMap { Array(repeating: $0, count: copies) }
        if let shuffleSeed {
            var random = SeededRandom(seed: shuffleSeed)
            order.shuffle(using: &random)
        }
        self.order = order
    }

    /// Why the plan must not be carried out; `nil` when it may be.
    ///
    /// Signed copies of real events, or deliveries to somebody else's service, do harm that cannot be undone.
    func refusal(to target: ServerAddress, allowsRemote: Bool, allowsLive: Bool) -> String? {
        if !allowsRemote, !target.isLoopback {
            return "\(target.host) is not this machine. To send there all the same, add --allow-remote."
        }
        guard !allowsLive, let live = events.first(where: \.livemode) else { return nil }
        let others = events.filter(\.livemode).count - 1
        return "\(printable(live.id))\(others > 0 ? " and \(others) more are" : " is") of live mode. "
            + "To send real events all the same, add --allow-live."
    }
}
