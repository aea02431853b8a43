/// Reads the decimal numbers of prices: digits and at most one point.
///
/// No sign, no exponent, and no conversion to floating point.
enum FixedDecimal {
    /// The number in units of 10^-places.
    ///
    /// - Parameters:
    ///   - text: For example `12`, `0.000123` or `12.340000000000000000`.
    ///   - places: The number of significant digits after the point; further digits must be zeros.
    ///   - digits: The largest number of digits before the point, without leading zeros.
    /// - Returns: `nil` for any other text; the largest number if the value does not fit.
    static func read(_ text: String, places: Int, digits: Int) -> Int128? {
        var text = text
        return text.withUTF8 { utf8 in
            guard 1...128 ~= utf8.count else { return nil }
            let point = utf8.firstIndex(of: UInt8(ascii: ".")) ?? utf8.count
            let (whole, fraction) = (utf8[..<point], utf8[min(point + 1, utf8.count)...])
            guard !whole.isEmpty, point == utf8.count || !fraction.isEmpty,
                whole.drop(while: { $0 == UInt8(ascii: "0") }).count <= digits,
                fraction.dropFirst(places).allSatisfy({ $0 == UInt8(ascii: "0") })
            else { return nil }
            var (value, hasOverflowed): (Int128, Bool) = (0, false)
            // Eighteen digits at a time, because each step with a wide number is slow.
            var (part, unit): (Int64, Int64) = (0, 1)
            func appendPart() {
                let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: Int128(unit))
                let (sum, overflowed) = shifted.addingReportingOverflow(Int128(part))
                hasOverflowed = hasOverflowed || isTooLarge || overflowed
                (value, part, unit) = (sum, 0, 1)
            }
            func append(_ byte: UInt8) -> Bool {
                let digit = Int64(byte &- UInt8(ascii: "0"))
                (part, unit) = (part &* 10 &+ digit, unit &* 10)
                if unit == 1_000_000_000_000_000_000 { appendPart() }
                return digit < 10
            }
            guard whole.allSatisfy(append), fraction.prefix(places).allSatisfy(append) else { return nil }
            for _ in 0..<max(0, places - fraction.count) { _ = append(UInt8(ascii: "0")) }
            appendPart()
            return hasOverflowed ? .max : value
        }
    }

    /// The shortest text of a number in units of 10^-places, without trailing zeros or a trailing point.
    ///
    /// - Parameters:
    ///   - number: The number; not negative.
    ///   - fine: The eighteen digits that follow those of the number, if there are any.
    ///   - places: At most 42.
    /// - Returns: For example `0.000123`.
    static func text(_ number: Int128, followedBy fine: Int64? = nil, places: Int) -> String {
        // 39 digits of the number, 18 after them, and the point.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { digits in
            digits.initialize(repeating: UInt8(ascii: "0"))
            var begin = digits.count
            // From the last digit to the first.
            func write(_ part: UInt64, atLeast count: Int) {
                var part = part
                let least = begin - count
                while part > 0 {
                    begin -= 1
                    digits[begin] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: part % 10)
                    part /= 10
                }
                begin = min(begin, least)
            }
            if let fine { write(fine.magnitude, atLeast: 18) }
            var rest = number.magnitude
            while rest > UInt128(UInt64.max) {
                let (quotient, part) = rest.quotientAndRemainder(dividingBy: 1_000_000_000_000_000_000)
                write(UInt64(part), atLeast: 18)
                rest = quotient
            }
            write(UInt64(rest), atLeast: 0)
            let point = digits.count - places
            begin = min(begin, point - 1)
            let end = digits[point...].lastIndex { $0 != UInt8(ascii: "0") }
            guard let end else { return String(decoding: digits[begin..<point], as: UTF8.self) }
            for place in begin..<point { digits[place - 1] = digits[place] }
            digits[point - 1] = UInt8(ascii: ".")
            return String(decoding: digits[(begin - 1)...end], as: UTF8.self)
        }
    }
}
