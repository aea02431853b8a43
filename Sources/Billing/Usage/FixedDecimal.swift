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
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard text.utf8.count <= 128, parts.count <= 2, let whole = parts.first, !whole.isEmpty else {
            return nil
        }
        let fraction = parts.count == 2 ? parts[1] : whole[whole.endIndex...]
        guard parts.count == 1 || !fraction.isEmpty, whole.allSatisfy(isDigit), fraction.allSatisfy(isDigit),
            whole.drop(while: { $0 == UInt8(ascii: "0") }).count <= digits,
            fraction.dropFirst(places).allSatisfy({ $0 == UInt8(ascii: "0") })
        else { return nil }
        var value: Int128 = 0
        func append(_ digit: UInt8) {
            let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = shifted.addingReportingOverflow(Int128(digit &- UInt8(ascii: "0")))
            value = isTooLarge || overflowed ? .max : sum
        }
        for digit in whole { append(digit) }
        for digit in fraction.prefix(places) { append(digit) }
        for _ in 0..<(places - min(places, fraction.count)) { append(UInt8(ascii: "0")) }
        return value
    }

    /// The shortest text of a number in units of 10^-places, without trailing zeros or a trailing point.
    static func text(_ digits: String, places: Int) -> String {
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        let whole = padded.dropLast(places)
        let fraction = padded.suffix(places)
        let significant = fraction.prefix(fraction.count - fraction.reversed().prefix { $0 == "0" }.count)
        return significant.isEmpty ? String(whole) : whole + "." + significant
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
