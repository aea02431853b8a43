/// Reads the `Retry-After` header of an answer: a number of seconds, or the date until which to stay away.
package enum RetryAfter {
    /// - Parameters:
    ///   - text: The header's value.
    ///   - now: The present, in unix seconds.
    /// - Returns: Seconds, at least 0; `nil` for what is neither.
    package static func seconds(_ text: String, now: Int64) -> Int64? {
        wholeSeconds(text) ?? HTTPDate.unixSeconds(text).map { max(0, $0 - now) }
    }

    /// The form that needs no clock, which is the only one that Stripe might send.
    static func wholeSeconds(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text) ?? .max
    }
}
