import Billing

/// The state of an invoice during a story, and its JSON in a version of Stripe's API.
struct InvoiceBody: Sendable {
    enum Status: String { case draft, open, paid, void }

    let id: String
    let number: String
    let token: String
    let amount: Int64
    let currency: Currency
    let customer: String?
    let created: Instant
    var subscription: String?
    var status = Status.draft
    var attempts: Int64 = 0
    var paidAt: Instant?
    var isPaidOutOfBand = false
    /// The coupon that covers the whole amount.
    var coupon: String?
    /// The charge and the intent, which versions before basil write on the invoice.
    var charge: String?
    var intent: String?

    func json(_ shape: APIVersionShape, expanding expansions: ObjectExpansions = .none) -> OrderedJSON {
        let whole = current(expansions)
        guard shape.isBeforeBasil else { return whole }
        return whole.removing([
            "amount_overpaid", "automatically_finalizes_at", "confirmation_secret", "parent",
        ])
        .adding([
            "charge": expansions.reference(charge),
            "paid": .bool(status == .paid),
            "paid_out_of_band": .bool(isPaidOutOfBand),
            "payment_intent": expansions.reference(intent),
            "subscription": .text(subscription),
        ])
        // Before basil `amount_paid` does not include payments outside Stripe.
        .adding(
            isPaidOutOfBand ? ["amount_paid": 0, "amount_remaining": .integer(due)] : [:]
        )
    }

    private var due: Int64 { coupon == nil ? amount : 0 }

    private func current(_ expansions: ObjectExpansions) -> OrderedJSON {
        let isFinal = status != .draft
        let isPaid = status == .paid
        return [
            "id": .string(id),
            "object": "invoice",
            "account_country": "US",
            "account_name": "Console",
            "account_tax_ids": nil,
            "amount_due": .integer(due),
            "amount_overpaid": 0,
            "amount_paid": .integer(isPaid ? due : 0),
            "amount_remaining": .integer(isPaid ? 0 : due),
            "amount_shipping": 0,
            "application": nil,
            "attempt_count": .integer(attempts),
            "attempted": .bool(attempts > 0),
            "auto_advance": .bool(!isPaid),
            "automatic_tax": [
                "disabled_reason": nil, "enabled": false, "liability": nil, "provider": nil, "status": nil,
            ],
            "automatically_finalizes_at": nil,
            "billing_reason": subscription == nil ? "manual" : "subscription_cycle",
            "collection_method": "charge_automatically",
            "created": .integer(created.unixSeconds),
            "currency": .string(currency.code),
            "custom_fields": nil,
            "customer": expansions.reference(customer),
            "customer_address": nil,
            "customer_email": "jenny.rosen@example.com",
            "customer_name": "Jenny Rosen",
            "customer_phone": nil,
            "customer_shipping": nil,
            "customer_tax_exempt": "none",
            "customer_tax_ids": [],
            "default_payment_method": nil,
            "default_source": nil,
            "default_tax_rates": [],
            "description": nil,
            "discounts": coupon.map { [.string($0)] } ?? [],
            "due_date": nil,
            "effective_at": isFinal ? .integer(created.unixSeconds) : nil,
            "ending_balance": isFinal ? 0 : nil,
            "footer": nil,
            "from_invoice": nil,
            "hosted_invoice_url": isFinal
                ? .string("https://invoice.stripe.com/i/acct_1SConsole/test_\(token)?s=ap") : nil,
            "invoice_pdf": isFinal
                ? .string("https://pay.stripe.com/invoice/acct_1SConsole/test_\(token)/pdf?s=ap") : nil,
            "issuer": ["type": "self"],
            "last_finalization_error": nil,
            "latest_revision": nil,
            "lines": [
                "object": "list",
                "data": [line],
                "has_more": false,
                "total_count": 1,
                "url": .string("/v1/invoices/\(id)/lines"),
            ],
            "livemode": false,
            "metadata": [:],
            "next_payment_attempt": nil,
            "number": isFinal ? .string(number) : nil,
            "on_behalf_of": nil,
            "parent": subscription.map {
                [
                    "quote_details": nil,
                    "subscription_details": ["metadata": [:], "subscription": .string($0)],
                    "type": "subscription_details",
                ]
            } ?? .null,
            "payment_settings": [
                "default_mandate": nil,
                "payment_method_options": nil,
                "payment_method_types": nil,
            ],
            "period_end": .integer(created.unixSeconds),
            "period_start": .integer(created.adding(seconds: -30 * 86_400).unixSeconds),
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "receipt_number": nil,
            "rendering": nil,
            "shipping_cost": nil,
            "shipping_details": nil,
            "starting_balance": 0,
            "statement_descriptor": nil,
            "status": .string(status.rawValue),
            "status_transitions": [
                "finalized_at": isFinal ? .integer(created.unixSeconds) : nil,
                "marked_uncollectible_at": nil,
                "paid_at": .number(paidAt?.unixSeconds),
                "voided_at": nil,
            ],
            "subtotal": .integer(amount),
            "subtotal_excluding_tax": .integer(amount),
            "test_clock": nil,
            "total": .integer(due),
            "total_discount_amounts": coupon.map {
                [["amount": .integer(amount), "discount": .string($0)]]
            } ?? [],
            "total_excluding_tax": .integer(due),
            "total_pretax_credit_amounts": [],
            "total_taxes": [],
            "webhooks_delivered_at": nil,
        ]
    }

    private var line: OrderedJSON {
        [
            "id": .string("il_1S\(token.prefix(22))"),
            "object": "line_item",
            "amount": .integer(amount),
            "currency": .string(currency.code),
            "description": "Console credits",
            "discount_amounts": [],
            "discountable": true,
            "discounts": [],
            "invoice": .string(id),
            "livemode": false,
            "metadata": [:],
            "period": ["end": .integer(created.unixSeconds), "start": .integer(created.unixSeconds)],
            "pretax_credit_amounts": [],
            "quantity": 1,
            "taxes": [],
        ]
    }
}

/// An InvoicePayment, which shows how an invoice was paid; invoices have not shown it since basil.
struct InvoicePaymentBody: Sendable {
    enum Means: Sendable { case intent(String), record(String) }

    let id: String
    let invoice: String
    let amount: Int64
    let currency: Currency
    let created: Instant
    let means: Means

    func json(expanding expansions: ObjectExpansions = .none) -> OrderedJSON {
        let payment: OrderedJSON =
            switch means {
            case .intent(let id): ["payment_intent": expansions.reference(id), "type": "payment_intent"]
            case .record(let id): ["payment_record": .string(id), "type": "payment_record"]
            }
        return [
            "id": .string(id),
            "object": "invoice_payment",
            "amount_overpaid": 0,
            "amount_paid": .integer(amount),
            "amount_requested": .integer(amount),
            "created": .integer(created.unixSeconds),
            "currency": .string(currency.code),
            "invoice": expansions.reference(invoice),
            "is_default": true,
            "livemode": false,
            "payment": payment,
            "status": "paid",
            "status_transitions": ["canceled_at": nil, "paid_at": .integer(created.unixSeconds)],
        ]
    }
}
