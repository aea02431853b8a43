/// An amount in the major unit of a currency, such as dollars, exact for any price on chain times any price
/// of AKT.
///
/// The product has 42 decimals: 18 of the price in micro-units, 18 of the price of AKT, and six between
/// micro-units and units. It is rounded only for display. Saturates at ±10¹⁴.
package struct ExactAmount: Hashable, Sendable {
    /// In 10⁻²⁴, rounded down.
    private let coarse: Int128
    /// The remainder, in 10⁻⁴²: from 0 to below `fineUnit`.
    private let fine: Int64

    private static let fineUnit: Int64 = 1_000_000_000_000_000_000
    private static let coarsePlaces = 24
    package static let zero = ExactAmount(coarse: 0, fine: 0)

    private init(coarse: Int128, fine: Int64) {
        self.coarse = coarse
        self.fine = fine
    }

    /// The value of micro-dollars: one `uact` or `uusdc` is $0.000001.
    package init(microDollars amount: TokenAmount) {
        self.init(coarse: amount.scaled, fine: 0)
    }

    /// The value of `uakt` at a price of AKT.
    package init(microAKT amount: TokenAmount, at price: AKTPrice) {
        let unit = Int128(Self.fineUnit)
        let product = amount.scaled.multipliedFullWidth(by: price.scaled)
        guard product.high < unit / 2 else {
            self.init(coarse: .max, fine: 0)
            return
        }
        let (coarse, fine) = unit.dividingFullWidth(product)
        self.init(coarse: coarse, fine: Int64(clamping: fine))
    }

    /// An amount of Stripe; negative for a debt.
    package init(_ money: Money) {
        let (coarse, overflowed) = Int128(money.minorUnits)
            .multipliedReportingOverflow(by: Self.coarsePerMinorUnit(of: money.currency))
        self.init(coarse: overflowed ? (money.minorUnits < 0 ? .min : .max) : coarse, fine: 0)
    }

    /// - Returns: `nil` unless the text is a decimal number below 10⁹ with at most 18 decimals, such as `-12.5`.
    package init?(dollars text: String) {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative ? String(text.dropFirst()) : text
        guard let coarse = FixedDecimal.read(digits, places: 18, digits: 9) else { return nil }
        let amount = ExactAmount(coarse: coarse &* 1_000_000, fine: 0)
        self = isNegative ? -amount : amount
    }

    private static func coarsePerMinorUnit(of currency: Currency) -> Int128 {
        powersOfTen[coarsePlaces - currency.exponent]
    }

    private static let powersOfTen =
        sequence(first: Int128(1)) { $0 &* 10 }.prefix(coarsePlaces + 1).map(\.self)

    // MARK: Arithmetic

    package static func + (left: ExactAmount, right: ExactAmount) -> ExactAmount {
        let fine = left.fine &+ right.fine
        let carry: Int128 = fine >= fineUnit ? 1 : 0
        let (sum, overflowed) = left.coarse.addingReportingOverflow(right.coarse)
        let (total, overflowedWithCarry) = sum.addingReportingOverflow(carry)
        if overflowed || overflowedWithCarry {
            return ExactAmount(coarse: left.coarse < 0 ? .min : .max, fine: 0)
        }
        return ExactAmount(coarse: total, fine: carry == 1 ? fine &- fineUnit : fine)
    }

    package static func += (left: inout ExactAmount, right: ExactAmount) { left = left + right }

    package static prefix func - (value: ExactAmount) -> ExactAmount {
        if value.coarse == .min { return ExactAmount(coarse: .max, fine: 0) }
        return value.fine == 0
            ? ExactAmount(coarse: 0 &- value.coarse, fine: 0)
            : ExactAmount(coarse: ~value.coarse, fine: fineUnit &- value.fine)
    }

    package static func - (left: ExactAmount, right: ExactAmount) -> ExactAmount { left + -right }

    package var isNegative: Bool { coarse < 0 }

    /// Ten times this amount divided by another, rounded down; both must be positive.
    ///
    /// - Returns: `nil` if the result does not fit in an integer, or if the other amount is zero.
    func tenths(of other: ExactAmount) -> Int64? {
        guard other.coarse > 0 else { return nil }
        let (tenfold, overflowed) = coarse.multipliedReportingOverflow(by: 10)
        return overflowed ? nil : Int64(exactly: tenfold / other.coarse)
    }

    /// In 10⁻²⁴, rounded down.
    var scaled: Int128 { coarse }

    // MARK: As text

    /// The exact value without trailing zeros: `0.000123`, `-12.5`, `0`.
    package var exactText: String {
        if isNegative { return "-" + (-self).exactText }
        return FixedDecimal.text(coarse, followedBy: fine, places: Self.coarsePlaces + TokenAmount.places)
    }

    /// Rounds to a number of decimals, halves away from zero, and omits trailing zeros.
    ///
    /// - Parameter places: At most 24.
    /// - Returns: For example `0.000123`.
    package func text(places: Int) -> String {
        if isNegative {
            let positive = (-self).text(places: places)
            return positive == "0" ? "0" : "-" + positive
        }
        let unit = Self.powersOfTen[Self.coarsePlaces - places]
        let (whole, rest) = coarse.quotientAndRemainder(dividingBy: unit)
        return FixedDecimal.text(whole &+ (rest >= (unit &+ 1) / 2 ? 1 : 0), places: places)
    }

    /// Rounds to whole minor units of a currency, halves away from zero.
    package func rounded(to currency: Currency) -> Money {
        if isNegative {
            let positive = (-self).rounded(to: currency)
            return Money(minorUnits: positive.minorUnits.negatedClamped, currency: currency)
        }
        let unit = Self.coarsePerMinorUnit(of: currency)
        let (whole, rest) = coarse.quotientAndRemainder(dividingBy: unit)
        return Money(minorUnits: Int64(clamping: whole &+ (rest >= unit / 2 ? 1 : 0)), currency: currency)
    }

    /// For example `$1,234.56`.
    package func display(in currency: Currency = .usd) -> String { rounded(to: currency).display }
}

extension ExactAmount: Comparable {
    package static func < (left: ExactAmount, right: ExactAmount) -> Bool {
        (left.coarse, left.fine) < (right.coarse, right.fine)
    }
}
