package import JSON

/// The code of a currency in Stripe's format, lower-case: three letters, or up to eight letters and digits, as
/// the crypto currency `usdc` has.
///
/// The number of decimals follows Stripe's own table, which differs from ISO 4217 and CLDR
/// (<https://docs.stripe.com/currencies>).
package struct Currency: Hashable, Sendable {
    package let code: String

    package static let usd = Currency("usd")

    package init(_ code: String) { self.code = code.lowercased() }

    /// Reads a code from Stripe or from a caller, in either case.
    ///
    /// - Returns: `nil` for a text that is not 3 to 8 ASCII letters and digits.
    package init?(parsing text: String) {
        func isOfCode(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte | 0x20 || 0x30...0x39 ~= byte }
        guard 3...8 ~= text.utf8.count, text.utf8.allSatisfy(isOfCode) else { return nil }
        self.init(text)
    }

    /// The number of decimal digits of Stripe's minor unit: 0 for JPY, 2 for USD, 3 for KWD.
    package var exponent: Int {
        // The currency of all usage, found without hashing.
        if code == "usd" { return 2 }
        if Self.zeroDecimal.contains(code) { return 0 }
        if Self.threeDecimal.contains(code) { return 3 }
        return 2
    }

    /// Whether the currency has no minor unit although Stripe sends amounts multiplied by 100.
    var isSentInHundredths: Bool { code == "isk" || code == "ugx" }

    /// The symbol that English readers know; `nil` if the code is clearer.
    var symbol: String? { Self.symbols[code] }

    // UGX is in Stripe's zero-decimal list but is sent with two decimals, as ISK is, for compatibility.
    private static let zeroDecimal: Set<String> = [
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof",
        "xpf",
    ]
    private static let threeDecimal: Set<String> = ["bhd", "jod", "kwd", "omr", "tnd"]
    private static let symbols: [String: String] = [
        "usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹", "krw": "₩", "cad": "CA$", "aud": "A$",
        "nzd": "NZ$", "mxn": "MX$", "brl": "R$", "hkd": "HK$", "ils": "₪", "cny": "CN¥", "twd": "NT$",
        "vnd": "₫",
    ]
}

extension Currency: JSONEncodable {
    package func encode(to json: inout JSONWriter) { json.write(code) }
}
