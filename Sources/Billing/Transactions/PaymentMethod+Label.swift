extension PaymentMethod {
    package init(_ details: PaymentMethodDetails) {
        self.init(
            type: details.type,
            brand: details.brand,
            last4: details.last4,
            label: Self.label(of: details)
        )
    }

    /// An invoice that the merchant marked as paid outside Stripe.
    static let outOfBand = PaymentMethod(
        type: "out_of_band",
        brand: nil,
        last4: nil,
        label: "Paid outside Stripe"
    )

    private static func label(of details: PaymentMethodDetails) -> String {
        let isCard = ["card", "card_present", "interac_present"].contains(details.type)
        let brand = details.brand.map(brandName)
        let name =
            switch details.type {
            case _ where isCard: brand ?? "Card"
            case "us_bank_account", "ach_debit": details.bankName ?? "Bank account"
            default: names[details.type] ?? inWords(details.type)
            }
        if !isCard, brand != nil {
            return "\(name) · \(numbered(brand ?? "Card", details.last4))"
        }
        guard let wallet = details.wallet else { return numbered(name, details.last4) }
        return "\(numbered(name, details.last4)) (\(titled(wallet)))"
    }

    private static func numbered(_ name: String, _ last4: String?) -> String {
        last4.map { "\(name) •••• \($0)" } ?? name
    }

    /// Turns `moon_transfer` into `Moon transfer`, and `moon_pay` into `Moon Pay`.
    private static func inWords(_ identifier: String) -> String {
        guard !identifier.hasSuffix("_pay") else { return titled(identifier) }
        let words = identifier.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    private static func brandName(_ brand: String) -> String {
        switch brand {
        case "amex": "American Express"
        case "diners": "Diners Club"
        case "girocard": "girocard"
        case "jcb": "JCB"
        case "unknown": "Card"
        case "unionpay": "UnionPay"
        case "eftpos_au": "eftpos Australia"
        default: titled(brand)
        }
    }

    /// Turns `apple_pay` into `Apple Pay`.
    private static func titled(_ identifier: String) -> String {
        identifier.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(
            separator: " "
        )
    }
}
