/// A recorded request to one of Stripe's routes.
package struct RecordedRequest: Sendable, Equatable {
    /// The method and the pattern, such as `GET /v1/charges/:id`.
    package let route: String
    /// The path and query as they came, still encoded.
    package let target: String
    /// `Stripe-Account`.
    package let account: String?
    /// `Stripe-Context`.
    package let context: String?
    /// `Stripe-Request-Trigger`.
    package let trigger: String?
    package let version: String?
    package let idempotencyKey: String?
    package let traceparent: String?
    package let tracestate: String?
}
