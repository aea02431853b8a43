/// An amount of US dollars, exact to the last digit that a price on chain times a price of AKT can have.
///
/// That is 42 decimals: 18 of the price in micro-units, 18 of the price of AKT, and the six between micro-units and
/// units. It is rounded where it is shown, and nowhere else. What it cannot hold (10¹⁴ dollars) is not of this world,
/// and stays at the bound.
package struct Dollars: Hashable, Sendable {
    /// In 10⁻²⁴ dollars, rounded down.
    private let coarse: Int128
    /// The rest, in 10⁻⁴² dollars: 0 up to, and not, `fineUnit`.
    private let fine: Int64

    private static let fineUnit: Int64 = 1_000_000_000_000_000_000
    private static let coarsePlaces = 24
    private static let coarsePerCent: Int128 = 10_000_000_000_000_000_000_000

    package static let zero = Dollars(coarse: 0, fine: 0)

    private init(coarse: Int128, fine: Int64) {
        self.coarse = coarse
        self.fine = fine
    }

    /// What micro-dollars come to: one `uact` or `uusdc` is $0.000001.
    package init(microDollars amount: TokenAmount) {
        self.init(coarse: amount.scaled, fine: 0)
    }

    /// What `uakt` come to at a price of AKT.
    package init(microAKT amount: TokenAmount, at price: AKTPrice) {
        let unit = Int128(Self.fineUnit)
        let product = amount.scaled.multipliedFullWidth(by: price.scaled)
        guard product.high < unit / 2 else {
            self.init(coarse: .max, fine: 0)
            return
        }
        let (coarse, fine) = unit.dividingFullWidth(product)
        self.init(coarse: coarse, fine: Int64(fine))
    }

    /// A whole number of cents; negative for what is owed.
    package init(cents: Int64) {
        let (coarse, overflowed) = Int128(cents).multipliedReportingOverflow(by: Self.coarsePerCent)
        self.init(coarse: overflowed ? (cents < 0 ? .min : .max) : coarse, fine: 0)
    }

    // MARK: Arithmetic

    package static func + (left: Dollars, right: Dollars) -> Dollars {
        let fine = left.fine + right.fine
        let carry: Int128 = fine >= fineUnit ? 1 : 0
        let (sum, overflowed) = left.coarse.addingReportingOverflow(right.coarse)
        let (total, overflowedWithCarry) = sum.addingReportingOverflow(carry)
        if overflowed || overflowedWithCarry {
            return Dollars(coarse: left.coarse < 0 ? .min : .max, fine: 0)
        }
        return Dollars(coarse: total, fine: carry == 1 ? fine - fineUnit : fine)
    }

    package static func += (left: inout Dollars, right: Dollars) { left = left + right }

    package static prefix func - (value: Dollars) -> Dollars {
        if value.coarse == .min { return Dollars(coarse: .max, fine: 0) }
        return value.fine == 0
            ? Dollars(coarse: -value.coarse, fine: 0)
            : Dollars(coarse: -value.coarse - 1, fine: fineUnit - value.fine)
    }

    package static func - (left: Dollars, right: Dollars) -> Dollars { left + -right }

    package var isNegative: Bool { coarse < 0 }

    // MARK: As text

    /// Exact, without zeros that say nothing: `0.000123`, `-12.5`, `0`.
    package var exactText: String {
        if isNegative { return "-" + (-self).exactText }
        let fineDigits = String(fine)
        let padding = String(repeating: "0", count: TokenAmount.places - fineDigits.count)
        return FixedDecimal.text(
            String(coarse) + padding + fineDigits,
            places: Self.coarsePlaces + TokenAmount.places
        )
    }

    /// Rounded to whole cents, halves away from zero.
    package var cents: Int64 {
        if isNegative { return -(-self).cents }
        let (whole, rest) = coarse.quotientAndRemainder(dividingBy: Self.coarsePerCent)
        return Int64(clamping: whole + (rest >= Self.coarsePerCent / 2 ? 1 : 0))
    }

    /// Such as `$1,234.56`.
    package var display: String { Money(minorUnits: cents, currency: Currency("usd")).display }
}

extension Dollars: Comparable {
    package static func < (left: Dollars, right: Dollars) -> Bool {
        (left.coarse, left.fine) < (right.coarse, right.fine)
    }
}
