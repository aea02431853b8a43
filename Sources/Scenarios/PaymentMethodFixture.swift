/// The payment method of a story's customer.
enum PaymentMethodFixture: Sendable {
    case card(brand: String, last4: String, wallet: String?)
    case usBankAccount
    case sepaDebit

    static let visa = PaymentMethodFixture.card(brand: "visa", last4: "4242", wallet: nil)

    var type: String {
        switch self {
        case .card: "card"
        case .usBankAccount: "us_bank_account"
        case .sepaDebit: "sepa_debit"
        }
    }

    /// Whether the bank confirms the payment only days later.
    var isSlow: Bool { type != "card" }

    /// A charge's `payment_method_details`.
    func details(fingerprint: String, isApproved: Bool) -> OrderedJSON {
        switch self {
        case .card(let brand, let last4, let wallet):
            [
                "card": [
                    "amount_authorized": nil,
                    "authorization_code": isApproved ? "247716" : nil,
                    "brand": .string(brand),
                    "checks": [
                        "address_line1_check": nil,
                        "address_postal_code_check": "pass",
                        "cvc_check": "pass",
                    ],
                    "country": "US",
                    "exp_month": 8,
                    "exp_year": 2029,
                    "extended_authorization": ["status": "disabled"],
                    "fingerprint": .string(fingerprint),
                    "funding": "credit",
                    "incremental_authorization": ["status": "unavailable"],
                    "installments": nil,
                    "last4": .string(last4),
                    "mandate": nil,
                    "multicapture": ["status": "unavailable"],
                    "network": .string(brand),
                    "network_token": ["used": false],
                    "network_transaction_id": isApproved ? "763812590437510" : nil,
                    "overcapture": ["maximum_amount_capturable": nil, "status": "unavailable"],
                    "regulated_status": "unregulated",
                    "three_d_secure": nil,
                    "wallet": wallet.map { ["dynamic_last4": nil, "type": .string($0), $0: [:]] } ?? .null,
                ],
                "type": "card",
            ]
        case .usBankAccount:
            [
                "type": "us_bank_account",
                "us_bank_account": [
                    "account_holder_type": "individual",
                    "account_type": "checking",
                    "bank_name": "STRIPE TEST BANK",
                    "expected_debit_date": nil,
                    "fingerprint": .string(fingerprint),
                    "last4": "6789",
                    "mandate": nil,
                    "payment_reference": nil,
                    "routing_number": "110000000",
                ],
            ]
        case .sepaDebit:
            [
                "sepa_debit": [
                    "bank_code": "37040044",
                    "branch_code": nil,
                    "country": "DE",
                    "expected_debit_date": nil,
                    "fingerprint": .string(fingerprint),
                    "last4": "3000",
                    "mandate": nil,
                ],
                "type": "sepa_debit",
            ]
        }
    }

    /// A charge's `source`, in versions without `payment_method_details`.
    func source(id: String, fingerprint: String, customer: String?) -> OrderedJSON {
        switch self {
        case .card(let brand, let last4, _):
            [
                "id": .string(id),
                "object": "card",
                "brand": .string(
                    brand == "amex" ? "American Express" : brand.prefix(1).uppercased() + brand.dropFirst()
                ),
                "country": "US",
                "customer": .text(customer),
                "cvc_check": "pass",
                "dynamic_last4": nil,
                "exp_month": 8,
                "exp_year": 2029,
                "fingerprint": .string(fingerprint),
                "funding": "credit",
                "last4": .string(last4),
                "metadata": [:],
                "name": nil,
                "tokenization_method": nil,
            ]
        case .usBankAccount, .sepaDebit:
            [
                "id": .string(id),
                "object": "bank_account",
                "bank_name": "STRIPE TEST BANK",
                "country": "US",
                "currency": "usd",
                "customer": .text(customer),
                "fingerprint": .string(fingerprint),
                "last4": "6789",
                "metadata": [:],
                "routing_number": "110000000",
                "status": "verified",
            ]
        }
    }
}
