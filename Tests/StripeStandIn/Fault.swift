/// A way to fail.
package enum Fault: Sendable, Equatable {
    case none
    /// Answers after a while.
    case slow(seconds: Double)
    /// Answers when released, so that a test need not guess how long a while is.
    case held
    /// Cuts the connection instead of answering.
    case down
    case rateLimited(reason: String?, retryAfterSeconds: Int64? = nil)
    case serverError(shouldRetry: Bool?)
    case expiredKey
    /// A success that is not JSON.
    case garbage
    /// A success whose JSON ends in the middle.
    case truncated
    /// A success whose connection ends in the middle, after everything that was asked has been done.
    case cutOff
    /// A list that starts over, whatever the cursor.
    case ignoresCursor
    /// A success whose JSON never ends.
    case endless
    /// A success about another object of the same kind; of a list, about objects of another kind.
    case wrongObject
    /// An object without its links.
    case noReceipt
    /// An object whose links lead to a host that is not Stripe's.
    case foreignReceipt
}

/// The spelling used over HTTP.
extension Fault {
    package static let modes = [
        "ok", "slow", "down", "429", "500", "expired_key", "garbage", "truncated", "cut_off",
        "ignores_cursor", "endless", "wrong_object", "no_receipt", "foreign_receipt",
    ]

    /// Reads `{"mode":"429","reason":"global-rate"}` and the like; nil for a mode there is none of.
    init?(_ json: JSON) {
        switch json["mode"]?.string {
        case "ok": self = .none
        case "slow": self = .slow(seconds: json["seconds"]?.double ?? 5)
        case "down": self = .down
        case "429":
            self = .rateLimited(
                reason: json["reason"]?.string ?? "global-rate",
                retryAfterSeconds: json["retry_after"]?.integer
            )
        case "500": self = .serverError(shouldRetry: json["should_retry"]?.bool)
        case "expired_key": self = .expiredKey
        case "garbage": self = .garbage
        case "truncated": self = .truncated
        case "cut_off": self = .cutOff
        case "ignores_cursor": self = .ignoresCursor
        case "endless": self = .endless
        case "wrong_object": self = .wrongObject
        case "no_receipt": self = .noReceipt
        case "foreign_receipt": self = .foreignReceipt
        default: return nil
        }
    }
}
