/// `GET /v1/events` and `GET /v1/events/:id`
extension StripeClient {
    /// The event as Stripe rendered it when it happened; Stripe keeps it for thirty days.
    ///
    /// - Parameters:
    ///   - id: An event's id.
    ///   - account: The connected account it happened in.
    /// - Returns: The event's JSON, byte for byte.
    /// - Throws: Anything but a success about this very object.
    package func event(_ id: String, account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object("event", id: id, path: ["v1", "events"], account: account)
    }
}

extension StripeListing {
    /// Every event of the last thirty days.
    ///
    /// - Parameters:
    ///   - created: Which of them.
    ///   - isDelivered: Only those that every endpoint took, or only those that some endpoint has not.
    /// - Returns: The list.
    package static func events(created: CreatedRange = .all, isDelivered: Bool? = nil) -> StripeListing {
        events(group: [], created, isDelivered)
    }

    /// The events of some types.
    ///
    /// - Parameters:
    ///   - types: Stripe's spelling, without wildcards; given twice they are asked for once.
    ///   - created: Which of them.
    ///   - isDelivered: As for ``events(created:isDelivered:)``.
    /// - Returns: As many lists as it takes, since Stripe filters by at most 20 types; each event is in one of them.
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
