/// An exact amount of one token: a whole number of 10⁻¹⁸ micro-units, the finest unit of a price on chain.
package struct TokenAmount: Hashable, Sendable {
    /// In 10⁻¹⁸ micro-units; never negative.
    let scaled: Int128

    static let places = 18
    package static let zero = TokenAmount(scaled: 0)

    init(scaled: Int128) { self.scaled = scaled }

    /// Reads micro-units, such as `1234.5` for 0.0012345 of a token.
    ///
    /// - Returns: `nil` unless the text is a plain decimal number below 10¹², with at most 18 decimals.
    package init?(microUnits text: String) {
        guard let scaled = FixedDecimal.read(text, places: Self.places, digits: 12) else { return nil }
        self.scaled = scaled
    }

    /// Reads ``microUnitsText``, which may be a sum: the largest number has 21 digits before the point.
    package init?(stored text: String) {
        guard let scaled = FixedDecimal.read(text, places: Self.places, digits: 21) else { return nil }
        self.scaled = scaled
    }

    /// Micro-dollars of an amount, rounded down to 10⁻¹⁸ of one; none of a negative amount.
    init(microDollars amount: ExactAmount) { scaled = max(0, amount.scaled) }

    var isZero: Bool { scaled == 0 }

    /// In micro-units, exact: `1234.5`.
    package var microUnitsText: String { FixedDecimal.text(scaled, places: Self.places) }

    /// In whole tokens, exact: `0.0012345`.
    package var tokensText: String { FixedDecimal.text(scaled, places: Self.places + 6) }

    // The sum of all tokens is far below the largest number; the arithmetic saturates at it.

    package static func + (left: TokenAmount, right: TokenAmount) -> TokenAmount {
        let (sum, overflowed) = left.scaled.addingReportingOverflow(right.scaled)
        return TokenAmount(scaled: overflowed ? .max : sum)
    }

    package static func += (left: inout TokenAmount, right: TokenAmount) { left = left + right }

    /// The cost of a number of blocks at a price per block.
    package static func * (price: TokenAmount, blocks: Int64) -> TokenAmount {
        let (product, overflowed) = price.scaled.multipliedReportingOverflow(by: Int128(max(0, blocks)))
        return TokenAmount(scaled: overflowed ? .max : product)
    }

    /// The remainder without a part; never below 0.
    static func - (whole: TokenAmount, part: TokenAmount) -> TokenAmount {
        TokenAmount(scaled: max(0, whole.scaled &- part.scaled))
    }

    /// A number of equal parts of the amount, rounded down to 10⁻¹⁸ micro-units.
    func share(_ some: Int64, of parts: Int64) -> TokenAmount {
        let (parts, some) = (Int128(max(1, parts)), Int128(some))
        // This divides first, because the product may not fit.
        return TokenAmount(scaled: scaled / parts &* some &+ scaled % parts &* some / parts)
    }

    /// One of several equal parts of the amount, rounded down to 10⁻¹⁸ micro-units.
    package func divided(by parts: Int64) -> TokenAmount {
        TokenAmount(scaled: scaled / Int128(max(1, parts)))
    }
}
