import HTTPClient

/// `GET /v2/core/events/:id`, and requests for a thin event's object.
extension StripeClient {
    /// Retrieves a thin event in full; its `snapshot_event` is the id of the matching event in `/v1/events`.
    ///
    /// - Parameters:
    ///   - id: The thin event's id.
    ///   - context: The thin event's `context`: the account in which it happened, in our organisation or
    ///     connected to us.
    /// - Returns: The event's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func thinEvent(_ id: String, context: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object(
            "v2.core.event",
            id: id,
            path: ["v2", "core", "events"],
            account: context
        )
    }

    /// Retrieves the object of a thin event in its current state.
    ///
    /// - Parameters:
    ///   - id: The id in the event's `related_object`.
    ///   - path: The path segments before the id, known to the caller from the object's kind. The `url` in
    ///     the event is not used, because the request carries the key.
    ///   - event: The event's id, sent to Stripe so that its request log shows the reason of the request.
    ///   - context: See ``thinEvent(_:context:)``.
    /// - Returns: The object's JSON, byte for byte, with the response's date and request id.
    /// - Throws: ``StripeAPIError`` unless Stripe returns an object with that id.
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
