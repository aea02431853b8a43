/// The price of one AKT on a day, in dollars, with 18 decimals.
package struct AKTPrice: Hashable, Sendable {
    let scaled: Int128

    /// - Returns: `nil` unless the text is a plain decimal number above 0 and below a million, with at most
    ///   18 decimals.
    package init?(_ text: String) {
        guard let scaled = FixedDecimal.read(text, places: 18, digits: 6), scaled > 0 else { return nil }
        self.scaled = scaled
    }

    /// The exact value without trailing zeros.
    package var text: String { FixedDecimal.text(scaled, places: 18) }
}
