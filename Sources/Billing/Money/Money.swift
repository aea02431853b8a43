/// An amount in Stripe's minor units, with the currency that defines them.
package struct Money: Hashable, Sendable {
    package let minorUnits: Int64
    package let currency: Currency

    /// An upper bound of all amounts from Stripe, which accepts at most twelve digits, and only in a few
    /// currencies (<https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>).
    package static let largestTold: Int64 = 10_000_000_000_000

    package init(minorUnits: Int64, currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    package var negated: Money { Money(minorUnits: minorUnits.negatedClamped, currency: currency) }

    /// The decimal number without symbol or separators: `1234.56`, `500`, `12.345`.
    package var decimalText: String {
        let (whole, fraction) = digits
        return sign + whole + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// The text for readers: `$1,234.56`, `¥500`, `KWD 12.345`.
    package var display: String {
        let (whole, fraction) = digits
        let number = Self.grouped(whole) + (fraction.isEmpty ? "" : "." + fraction)
        let unit = currency.symbol ?? currency.code.uppercased() + " "
        return sign + unit + number
    }

    private var sign: String { minorUnits < 0 ? "-" : "" }

    private var digits: (whole: String, fraction: String) {
        let exponent = currency.exponent
        let text = String(minorUnits.magnitude).utf8
        let padded = repeatElement(UInt8(ascii: "0"), count: max(0, exponent + 1 - text.count)) + Array(text)
        let whole = String(decoding: padded.dropLast(exponent), as: UTF8.self)
        let fraction = String(decoding: padded.suffix(exponent), as: UTF8.self)
        if currency.isSentInHundredths, fraction == "00" { return (whole, "") }
        return (whole, fraction)
    }

    private static func grouped(_ whole: String) -> String {
        let digits = whole.utf8
        guard digits.count > 3 else { return whole }
        var result: [UInt8] = []
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(UInt8(ascii: ",")) }
            result.append(digit)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
