extension PaymentMethod {
    package init(_ details: PaymentMethodDetails) {
        self.init(
            type: details.type,
            brand: details.brand,
            last4: details.last4,
            label: Self.label(of: details)
        )
    }

    /// An invoice that the merchant marked as paid by other means.
    package static let outOfBand = PaymentMethod(
        type: "out_of_band",
        brand: nil,
        last4: nil,
        label: "Paid outside Stripe"
    )

    private static func label(of details: PaymentMethodDetails) -> String {
        let name =
            switch details.type {
            case "card", "card_present", "interac_present": details.brand.map(brandName) ?? "Card"
            case "us_bank_account", "ach_debit": details.bankName ?? "Bank account"
            case "sepa_debit": "SEPA Direct Debit"
            case "bacs_debit": "Bacs Direct Debit"
            case "au_becs_debit": "BECS Direct Debit"
            case "acss_debit": "Pre-authorised debit"
            case "ideal": "iDEAL"
            case "link": "Link"
            default: details.type
            }
        let numbered = details.last4.map { "\(name) •••• \($0)" } ?? name
        guard let wallet = details.wallet else { return numbered }
        return "\(numbered) (\(titled(wallet)))"
    }

    private static func brandName(_ brand: String) -> String {
        switch brand {
        case "amex": "American Express"
        case "diners": "Diners Club"
        case "jcb": "JCB"
        case "unionpay": "UnionPay"
        case "eftpos_au": "Eftpos Australia"
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
