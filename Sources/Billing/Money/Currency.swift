package import JSON

/// A three-letter currency in Stripe's format, lower-case.
///
/// The number of decimals follows Stripe's own table, which differs from ISO 4217 and CLDR
/// (<https://docs.stripe.com/currencies>).
package struct Currency: Hashable, Sendable {
    package let code: String

    package static let usd = Currency("usd")

    package init(_ code: String) { self.code = code.lowercased() }

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
