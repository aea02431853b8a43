/// Parses the `Retry-After` header of a response: a number of seconds, or a date.
package enum RetryAfter {
    /// - Parameters:
    ///   - text: The header's value.
    ///   - now: The current time in Unix seconds.
    /// - Returns: Seconds, at least 0; `nil` if the value is neither form.
    package static func seconds(_ text: String, now: Int64) -> Int64? {
        wholeSeconds(text) ?? HTTPDate.unixSeconds(text).map { max(0, $0.subtractingClamped(now)) }
    }

    /// The number of seconds, which is the only form that Stripe might send.
    static func wholeSeconds(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text) ?? .max
    }
}
