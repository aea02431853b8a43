import Scenarios

/// The events to send, their order, repetition and rate.
struct SendPlan: Sendable {
    let events: [EventBody]
    /// Indices into ``events``, one per delivery.
    let order: [Int]
    var concurrency = 1
    /// Deliveries per second; `nil` for no limit.
    var rate: Double?

    /// - Parameters:
    ///   - events: The events to send.
    ///   - copies: How often each event is sent. Copies follow one another unless shuffled.
    ///   - shuffleSeed: The seed of a random order; `nil` keeps the order of the files.
    init(_ events: [EventBody], copies: Int = 1, shuffleSeed: UInt64? = nil) {
        self.events = events
        var order = events.indices.flatMap { Array(repeating: $0, count: copies) }
        if let shuffleSeed {
            var random = SeededRandom(seed: shuffleSeed)
            order.shuffle(using: &random)
        }
        self.order = order
    }

    /// Why the plan may not be sent; `nil` when it may.
    ///
    /// Signed copies of live events, or deliveries to another party's service, cannot be undone.
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
