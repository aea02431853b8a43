/// An amount of one token, exact: a whole number of 10⁻¹⁸ micro-units, which is as fine as a price on chain gets.
package struct TokenAmount: Hashable, Sendable {
    /// In 10⁻¹⁸ micro-units; never negative.
    let scaled: Int128

    static let places = 18
    package static let zero = TokenAmount(scaled: 0)

    init(scaled: Int128) { self.scaled = scaled }

    /// Reads micro-units, such as `1234.5` for 0.0012345 of a token.
    ///
    /// - Returns: `nil` unless it is a plain decimal number of at most 18 decimals, below 10¹².
    package init?(microUnits text: String) {
        guard let scaled = FixedDecimal.read(text, places: Self.places, digits: 12) else { return nil }
        self.scaled = scaled
    }

    /// Reads what ``microUnitsText`` wrote, be it a sum: the largest number there is has 21 digits before its point.
    package init?(stored text: String) {
        guard let scaled = FixedDecimal.read(text, places: Self.places, digits: 21) else { return nil }
        self.scaled = scaled
    }

    package var isZero: Bool { scaled == 0 }

    /// In micro-units, exact: `1234.5`.
    package var microUnitsText: String { FixedDecimal.text(String(scaled), places: Self.places) }

    /// In whole tokens, exact: `0.0012345`.
    package var tokensText: String { FixedDecimal.text(String(scaled), places: Self.places + 6) }

    // The sum of all tokens there will ever be is far below what fits; what would overflow is not of this world.

    package static func + (left: TokenAmount, right: TokenAmount) -> TokenAmount {
        let (sum, overflowed) = left.scaled.addingReportingOverflow(right.scaled)
        return TokenAmount(scaled: overflowed ? .max : sum)
    }

    package static func += (left: inout TokenAmount, right: TokenAmount) { left = left + right }

    /// What a price per block comes to over a number of blocks.
    package static func * (price: TokenAmount, blocks: Int64) -> TokenAmount {
        let (product, overflowed) = price.scaled.multipliedReportingOverflow(by: Int128(max(0, blocks)))
        return TokenAmount(scaled: overflowed ? .max : product)
    }

    /// What is left of it without a part of it.
    static func - (whole: TokenAmount, part: TokenAmount) -> TokenAmount {
        TokenAmount(scaled: max(0, whole.scaled - part.scaled))
    }

    /// Some of the equal parts of it, rounded down to the 10⁻¹⁸th.
    func share(_ some: Int64, of parts: Int64) -> TokenAmount {
        let (parts, some) = (Int128(max(1, parts)), Int128(some))
        // Divided first, for the product with the whole of it may not fit.
        return TokenAmount(scaled: scaled / parts * some + scaled % parts * some / parts)
    }

    /// An equal part of it, rounded down to the 10⁻¹⁸th.
    package func divided(by parts: Int64) -> TokenAmount {
        TokenAmount(scaled: scaled / Int128(max(1, parts)))
    }
}
