/// `GET /v1/events` and `GET /v1/events/:id`
extension StripeClient {
    /// Retrieves the event as Stripe rendered it when it happened; Stripe keeps it for thirty days.
    ///
    /// - Parameters:
    ///   - id: An event's id.
    ///   - account: The connected account it happened in.
    /// - Returns: The event's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func event(_ id: String, account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object("event", id: id, path: ["v1", "events"], account: account)
    }
}

extension StripeListing {
    /// Every event of the last thirty days.
    ///
    /// - Parameters:
    ///   - created: The range of creation times.
    ///   - isDelivered: `true` for events that every endpoint accepted, `false` for events that some endpoint
    ///     did not accept; `nil` for all.
    /// - Returns: The list request.
    package static func events(created: CreatedRange = .all, isDelivered: Bool? = nil) -> StripeListing {
        events(group: [], created, isDelivered)
    }

    /// The events of some types.
    ///
    /// - Parameters:
    ///   - types: Stripe's type names without wildcards; duplicates are ignored.
    ///   - created: The range of creation times.
    ///   - isDelivered: See ``events(created:isDelivered:)``.
    /// - Returns: One list per 20 types, the most that Stripe's filter takes; each event is in one list only.
    package static func events(
        ofTypes types: [String],
        created: CreatedRange = .all,
        isDelivered: Bool? = nil
    ) -> [StripeListing] {
        var seen: Set<String> = []
        let distinct = types.filter { seen.insert($0).inserted }
        return stride(from: 0, to: distinct.count, by: maxTypes).map { start in
            events(group: distinct[start...].prefix(maxTypes), created, isDelivered)
        }
    }

    package static let maxTypes = 20

    private static func events(
        group: ArraySlice<String>,
        _ created: CreatedRange,
        _ isDelivered: Bool?
    ) -> StripeListing {
        StripeListing(
            "event",
            path: ["v1", "events"],
            filters: group.map { Filter("types[]", $0) } + [
                Filter("delivery_success", isDelivered.map(\.description))
            ],
            created: created
        )
    }
}
