/// What something cost in dollars, as far as that can be known.
package struct Spend: Hashable, Sendable {
    /// The part that has a price.
    package private(set) var known: ExactAmount
    /// The part that has none: a day without a price of AKT, or a token that we do not know.
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

    /// All of it; `nil` when a part has no price, which is not a price of nothing.
    package var total: ExactAmount? { unpriced.isEmpty ? known : nil }

    package static func + (left: Spend, right: Spend) -> Spend {
        Spend(
            known: left.known + right.known,
            unpriced: left.unpriced.merging(right.unpriced, uniquingKeysWith: +)
        )
    }

    package static func += (left: inout Spend, right: Spend) { left = left + right }
}
