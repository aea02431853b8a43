/// The result of a request with an idempotency key: a repetition gets the same answer and has no effect.
struct IdempotencyRecord: Sendable {
    /// Path, account and parameters; the order of the parameters is part of neither Stripe's form nor ours.
    let request: [String]
    let answer: [UInt8]
}
