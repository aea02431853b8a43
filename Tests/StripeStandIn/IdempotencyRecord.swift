/// What was done under an idempotency key: asked for again, the same is answered and nothing is done.
struct IdempotencyRecord: Sendable {
    /// Path, account and parameters; the order of the parameters is part of neither Stripe's form nor ours.
    let request: [String]
    let answer: [UInt8]
}
