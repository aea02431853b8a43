/// Decodes a number that the scanner has found to be well formed.
enum JSONNumber {
    /// The whole number, computed without floating point.
    ///
    /// - Returns: `nil` if the number has a fraction, or does not fit in 64 bits.
    static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in bytes[(isNegative ? 1 : 0)...] {
            let digit = Int64(byte) - Int64(UInt8(ascii: "0"))
            guard 0...9 ~= digit else { return integerWithExponent(bytes) }
            let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) =
                isNegative
                ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            guard !isTooLarge, !overflowed else { return integerWithExponent(bytes) }
            value = sum
        }
        return value
    }

    /// Reads the forms that JSON allows but that are unusual for an amount: `25.0`, `2.5e1`, `2500e-2`.
    private static func integerWithExponent(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        let parts = bytes.split(maxSplits: 1) { $0 | 0x20 == UInt8(ascii: "e") }
        let mantissa = parts[0].split(separator: UInt8(ascii: "."), maxSplits: 1)
        let fraction = mantissa.count > 1 ? Array(mantissa[1]) : []
        var digits = Array(mantissa[0]) + fraction
        let stated = parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) : 0
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
        guard !digits.isEmpty else { return 0 }
        // A text has fewer than 2³² digits, so a larger exponent cannot give a whole number of 64 bits.
        guard let stated, stated.magnitude < 1 << 32 else { return nil }
        var zeros = stated - fraction.count
        while zeros < 0, digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            zeros += 1
        }
        guard 0...18 ~= zeros else { return nil }
        let text = String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: zeros)
        return Int64((isNegative ? "-" : "") + text)
    }
}
