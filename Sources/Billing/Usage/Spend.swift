/// A cost in dollars, as far as its price is known.
package struct Spend: Hashable, Sendable {
    /// The part with a price.
    package private(set) var known: ExactAmount
    /// The part without a price: on a day without a price of AKT, or in an unknown token.
    package private(set) var unpriced: [Denomination: TokenAmount]

    package static let zero = Spend(known: .zero, unpriced: [:])

    private init(known: ExactAmount, unpriced: [Denomination: TokenAmount]) {
        self.known = known
        self.unpriced = unpriced
    }

    package init(_ amounts: [Denomination: TokenAmount], aktPrice: AKTPrice?) {
        self = .zero
        for (denomination, amount) in amounts where !amount.isZero {
            switch (denomination.worth, aktPrice) {
            case (.dollar, _): known += ExactAmount(microDollars: amount)
            case (.akt, let price?): known += ExactAmount(microAKT: amount, at: price)
            case (.akt, nil), (.unknown, _): unpriced[denomination] = amount
            }
        }
    }

    /// The cost with an entry that corrects it.
    func corrected(by amount: ExactAmount) -> Spend { Spend(known: known + amount, unpriced: unpriced) }

    /// The whole cost; `nil` if a part has no price, which does not mean a price of 0.
    package var total: ExactAmount? { unpriced.isEmpty ? known : nil }

    package static func + (left: Spend, right: Spend) -> Spend {
        Spend(
            known: left.known + right.known,
            unpriced: left.unpriced.merging(right.unpriced, uniquingKeysWith: +)
        )
    }

    package static func += (left: inout Spend, right: Spend) { left = left + right }
}
