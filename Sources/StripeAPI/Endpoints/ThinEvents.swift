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
            headers: try Self.headers(context: context),
            account: nil
        )
    }

    /// What a thin event is about, as it is now.
    ///
    /// - Parameters:
    ///   - related: The event's `related_object`.
    ///   - event: The event's id, which Stripe is told so that its logs show why we ask.
    ///   - context: As for ``thinEvent(_:context:)``.
    /// - Returns: The object's JSON, byte for byte, and what came with it.
    /// - Throws: Anything but a success about an object of that id.
    package func object(
        _ related: RelatedObject,
        ofThinEvent event: String,
        context: String? = nil
    ) async throws(StripeAPIError) -> StripeAnswer {
        guard event.isObjectID else { throw .invalidArgument(.event) }
        let trigger = TransportHeader("Stripe-Request-Trigger", "event=\(event)")
        let answer = try await get(
            path: related.path,
            headers: [trigger] + (try Self.headers(context: context)),
            account: nil
        )
        try answer.check(id: related.id)
        return answer
    }

    private static func headers(context: String?) throws(StripeAPIError) -> [TransportHeader] {
        guard let context else { return [] }
        guard context.isObjectID else { throw .invalidArgument(.context) }
        return [TransportHeader("Stripe-Context", context)]
    }
}

/// Where to get what a thin event is about.
///
/// The URL comes in an event's body and the key goes with the request, so only a path of Stripe's API passes.
package struct RelatedObject: Sendable, Equatable {
    package let id: String
    let path: [String]

    /// Refuses a URL that is more than a plain path under `/v1` or `/v2`, such as `/v1/charges/ch_1`.
    ///
    /// A path of segments that need no encoding cannot name another host, climb, or carry a query.
    package init?(id: String, url: String) {
        let segments = url.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard id.isObjectID, url.utf8.count <= 512, segments.count >= 4, segments[0].isEmpty,
            ["v1", "v2"].contains(segments[1]),
            segments.dropFirst().allSatisfy({ segment in
                !["", ".", ".."].contains(segment) && PercentEncoding.segment(segment) == segment
            })
        else { return nil }
        self.id = id
        path = Array(segments.dropFirst())
    }
}
