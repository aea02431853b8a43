/// What is remembered of a request to one of Stripe's routes.
package struct RecordedRequest: Sendable, Equatable {
    /// The method and the pattern, such as `GET /v1/charges/:id`.
    package let route: String
    /// The path and query as they came, still encoded.
    package let target: String
    package let account: String?
    package let version: String?
    package let idempotencyKey: String?
}
