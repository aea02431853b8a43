import Billing
import Testing

/// Stripe's own table of currencies, which is neither ISO 4217 nor CLDR (<https://docs.stripe.com/currencies>).
struct MoneyTests {
    private func money(_ minorUnits: Int64, _ code: String) -> Money {
        Money(minorUnits: minorUnits, currency: Currency(code))
    }

    @Test(
        arguments: [
            "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof",
            "xpf",
        ]
    )
    func `a currency without a minor unit is shown as it is sent`(code: String) {
        #expect(Currency(code).exponent == 0)
        #expect(money(1_234_567, code).decimalText == "1234567")
        #expect(money(1_234_567, code).display.hasSuffix("1,234,567"))
        #expect(money(0, code).decimalText == "0")
    }

    @Test(arguments: ["bhd", "jod", "kwd", "omr", "tnd"])
    func `a currency of three decimals has three`(code: String) {
        #expect(Currency(code).exponent == 3)
        #expect(money(12_345, code).display == "\(code.uppercased()) 12.345")
        #expect(money(5, code).decimalText == "0.005")
        #expect(money(1_234_567_890, code).display == "\(code.uppercased()) 1,234,567.890")
    }

    @Test(arguments: ["isk", "ugx"])
    func `a currency that is sent in hundredths it does not have is shown without them`(code: String) {
        #expect(Currency(code).exponent == 2)
        #expect(money(500_000, code).display == "\(code.uppercased()) 5,000")
        #expect(money(500_000, code).decimalText == "5000")
        #expect(money(0, code).decimalText == "0")
        // It cannot be, but if it were it must not be lost.
        #expect(money(500_050, code).decimalText == "5000.50")
    }

    @Test(
        arguments: [
            ("usd", "$"), ("eur", "€"), ("gbp", "£"), ("inr", "₹"), ("cad", "CA$"), ("aud", "A$"),
            ("nzd", "NZ$"),
            ("mxn", "MX$"), ("brl", "R$"), ("hkd", "HK$"), ("ils", "₪"), ("cny", "CN¥"), ("twd", "NT$"),
            ("chf", "CHF "), ("huf", "HUF "), ("sek", "SEK "), ("zzz", "ZZZ "),
        ]
    )
    func `two decimals are the rule, behind the symbol or the code`(code: String, unit: String) {
        #expect(Currency(code).exponent == 2)
        #expect(money(123_456, code).display == "\(unit)1,234.56")
    }

    @Test(arguments: [("jpy", "¥"), ("krw", "₩"), ("vnd", "₫"), ("clp", "CLP ")])
    func `symbols stand before whole amounts too`(code: String, unit: String) {
        #expect(money(123_456, code).display == "\(unit)123,456")
    }

    @Test(
        arguments: [
            (0, "$0.00"), (1, "$0.01"), (9, "$0.09"), (10, "$0.10"), (99, "$0.99"), (100, "$1.00"),
            (101, "$1.01"),
            (99_999, "$999.99"), (100_000, "$1,000.00"), (99_999_999, "$999,999.99"),
            (100_000_000, "$1,000,000.00"), (2_147_483_648, "$21,474,836.48"), (-1, "-$0.01"),
            (-100, "-$1.00"), (-123_456, "-$1,234.56"), (.max, "$92,233,720,368,547,758.07"),
            (.min, "-$92,233,720,368,547,758.08"),
        ] as [(Int64, String)]
    )
    func `an amount of any size is shown to the cent`(amount: Int64, text: String) {
        #expect(money(amount, "usd").display == text)
        #expect(money(amount, "usd").decimalText == text.filter { !"$,".contains($0) })
    }

    @Test(
        arguments: [
            (Int64.max, "jpy", "9223372036854775807"), (.min, "jpy", "-9223372036854775808"),
            (.max, "kwd", "9223372036854775.807"), (.min, "kwd", "-9223372036854775.808"),
            (-5, "kwd", "-0.005"), (-500_000, "isk", "-5000"),
        ]
    )
    func `the ends of Int64 and negative amounts keep their decimals`(
        amount: Int64,
        code: String,
        text: String
    ) {
        #expect(money(amount, code).decimalText == text)
    }

    @Test func `a currency is the same in either case`() {
        #expect(Currency("USD") == Currency("usd"))
        #expect(Currency("Jpy").code == "jpy")
        #expect(money(100, "JPY").display == "¥100")
    }
}
