import Billing

/// The state of a PaymentIntent during a story, and its JSON in a version of Stripe's API.
struct PaymentIntentBody: Sendable {
    enum Status: String {
        case requiresPaymentMethod = "requires_payment_method"
        case requiresAction = "requires_action"
        case processing
        case requiresCapture = "requires_capture"
        case canceled
        case succeeded
    }

    let id: String
    let secret: String
    let amount: Int64
    let currency: Currency
    let customer: String?
    let created: Instant
    let instrument: PaymentMethodFixture
    let capturesByHand: Bool
    var invoice: String?
    var status = Status.requiresPaymentMethod
    var amountReceived: Int64 = 0
    var latestCharge: String?
    var methodID: String?
    var lastError: OrderedJSON?
    var canceledAt: Instant?
    var cancellationReason: String?

    func json(
        _ shape: APIVersionShape,
        charges: [OrderedJSON] = [],
        expanding expansions: ObjectExpansions = .none
    ) -> OrderedJSON {
        let whole = current(expansions)
        guard shape.isBeforeBasil else { return whole }
        guard shape.embedsLists else { return whole.adding(["invoice": .text(invoice)]) }
        return whole.removing([
            "customer_account", "excluded_payment_method_types", "latest_charge",
            "payment_method_configuration_details",
            "payment_record",
        ])
        .adding([
            "charges": [
                "object": "list",
                "data": .array(charges),
                "has_more": false,
                "total_count": .integer(Int64(charges.count)),
                "url": .string("/v1/charges?payment_intent=\(id)"),
            ],
            "invoice": .text(invoice),
        ])
    }

    private func current(_ expansions: ObjectExpansions) -> OrderedJSON {
        [
            "id": .string(id),
            "object": "payment_intent",
            "amount": .integer(amount),
            "amount_capturable": .integer(status == .requiresCapture ? amount : 0),
            "amount_details": ["tip": [:]],
            "amount_received": .integer(amountReceived),
            "application": nil,
            "application_fee_amount": nil,
            "automatic_payment_methods": ["allow_redirects": "always", "enabled": true],
            "canceled_at": .number(canceledAt?.unixSeconds),
            "cancellation_reason": .text(cancellationReason),
            "capture_method": capturesByHand ? "manual" : "automatic_async",
            "client_secret": .string("\(id)_secret_\(secret)"),
            "confirmation_method": "automatic",
            "created": .integer(created.unixSeconds),
            "currency": .string(currency.code),
            "customer": expansions.reference(customer),
            "customer_account": nil,
            "description": nil,
            "excluded_payment_method_types": nil,
            "last_payment_error": lastError ?? .null,
            "latest_charge": expansions.reference(latestCharge),
            "livemode": false,
            "metadata": [:],
            "next_action": nextAction,
            "on_behalf_of": nil,
            "payment_method": .text(methodID),
            "payment_method_configuration_details": ["id": "pmc_1SConsoleBillingTestMode", "parent": nil],
            "payment_method_options": [
                "card": [
                    "installments": nil,
                    "mandate_options": nil,
                    "network": nil,
                    "request_three_d_secure": "automatic",
                ],
                "link": ["persistent_token": nil],
                "us_bank_account": ["verification_method": "automatic"],
            ],
            "payment_method_types": ["card", "link", "us_bank_account"],
            "payment_record": nil,
            "processing": nil,
            "receipt_email": nil,
            "review": nil,
            "setup_future_usage": nil,
            "shipping": nil,
            "source": nil,
            "statement_descriptor": nil,
            "statement_descriptor_suffix": nil,
            "status": .string(status.rawValue),
            "transfer_data": nil,
            "transfer_group": nil,
        ]
    }

    private var nextAction: OrderedJSON {
        guard status == .requiresAction else { return .null }
        return [
            "type": "use_stripe_sdk",
            "use_stripe_sdk": [
                "source": .string("src_\(secret.prefix(24))"),
                "stripe_js": "",
                "type": "three_d_secure_redirect",
            ],
        ]
    }
}
