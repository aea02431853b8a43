import HTTPClient

/// `GET /v2/core/events/:id`, and what a thin event points at.
extension StripeClient {
    /// A thin event in full; its `snapshot_event` is the id of its twin in `/v1/events`.
    ///
    /// - Parameters:
    ///   - id: The thin event's id.
    ///   - context: The thin event's `context`: which account of the organisation, or connected to us, it happened in.
    /// - Returns: The event's JSON, byte for byte.
    /// - Throws: Anything but a success about this very object.
    package func thinEvent(_ id: String, context: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object(
            "v2.core.event",
            id: id,
            path: ["v2", "core", "events"],
            account: context
        )
    }

    /// What a thin event is about, as it is now.
    ///
    /// - Parameters:
    ///   - id: The id in the event's `related_object`.
    ///   - path: The segments before the id, which the caller knows for the object's kind; the `url` that the event names
    ///     is not asked, because the key is sent along.
    ///   - event: The event's id, which is sent to Stripe so that its logs show why we ask.
    ///   - context: As for ``thinEvent(_:context:)``.
    /// - Returns: The object's JSON, byte for byte, and what came with it.
    /// - Throws: Anything but a success about an object of that id.
    package func object(
        _ id: String,
        path: [String],
        ofThinEvent event: String,
        context: String? = nil
    ) async throws(StripeAPIError) -> StripeAnswer {
        guard event.isObjectID else { throw .invalidArgument(.event) }
        let trigger = TransportHeader("Stripe-Request-Trigger", "event=\(event)")
        let answer = try await get(
            path: path + [id],
            headers: [trigger],
            account: context
        )
        try answer.check(id: id)
        return answer
    }
}

extension LeastVersion {
    static let thinEvent = LeastVersion(
        "GET /v2/core/events/:id",
        "2024-09-30.acacia",
        source: "https://docs.stripe.com/changelog/acacia/2024-09-30/api-v2-thin-events",
        withoutIt: "the object of a thin event is fetched, also where its snapshot event came"
    )
    static let snapshotEvent = LeastVersion(
        "GET /v2/core/events/:id with a snapshot_event",
        "2026-09-30.endive",
        source:
            "https://docs.stripe.com/changelog/endive/2026-09-30/thin-events-for-api-v1-resources-generally-available",
        withoutIt: "the object of a thin event is fetched, also where its snapshot event came"
    )
}
