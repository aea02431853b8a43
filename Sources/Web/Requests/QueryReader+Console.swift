/// How Console's API reads parameters, which are checked by zod: <https://github.com/akash-network/console>,
/// `apps/api/src/billing/http-schemas/stripe.schema.ts` at d84c9e93d.
///
/// It ignores parameters that it does not know, so routes of Console's do not call `finish`.
extension QueryReader {
    /// A whole number, read as `z.coerce.number().int()` does.
    mutating func coercedInteger(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let text = given(name) else { return nil }
        guard let value = CoercedNumber.integer(text), range.contains(value) else {
            throw .invalid(name, "Give a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }
}

/// A text as JavaScript's `Number` reads it.
///
/// <https://tc39.es/ecma262/#sec-stringtonumber>
enum CoercedNumber {
    /// - Returns: `nil` unless the number is whole and fits.
    static func integer(_ text: String) -> Int? {
        let text = text.trimmingPrefix { $0.isWhitespace }
        let digits = text.reversed().drop { $0.isWhitespace }.reversed()
        let number = String(digits)
        if number.isEmpty { return 0 }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where number.lowercased().hasPrefix(prefix)
        {
            let rest = number.dropFirst(2)
            return rest.first?.isHexDigit == true ? Int(rest, radix: radix) : nil
        }
        guard number.wholeMatch(of: /[+\-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+\-]?[0-9]+)?/) != nil,
            let value = Double(number.hasSuffix(".") ? number + "0" : number)
        else { return nil }
        return Int(exactly: value)
    }
}
