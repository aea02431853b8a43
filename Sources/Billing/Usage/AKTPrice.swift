/// What one AKT cost on a day, in dollars, to 18 decimals.
package struct AKTPrice: Hashable, Sendable {
    let scaled: Int128

    /// - Returns: `nil` unless it is a plain decimal number above zero of at most 18 decimals, below a million.
    package init?(_ text: String) {
        guard let scaled = FixedDecimal.read(text, places: 18, digits: 6), scaled > 0 else { return nil }
        self.scaled = scaled
    }

    /// Exact, without zeros that say nothing.
    package var text: String { FixedDecimal.text(String(scaled), places: 18) }
}
