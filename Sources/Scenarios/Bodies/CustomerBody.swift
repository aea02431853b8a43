import Billing

/// A customer's JSON as Stripe writes it.
struct CustomerBody: Sendable {
    let id: String
    let created: Instant

    var json: OrderedJSON {
        [
            "id": .string(id),
            "object": "customer",
            "address": nil,
            "balance": 0,
            "created": .integer(created.unixSeconds),
            "currency": nil,
            "default_source": nil,
            "delinquent": false,
            "description": nil,
            "discount": nil,
            "email": "jenny.rosen@example.com",
            "invoice_prefix": .string(String(id.suffix(8)).uppercased()),
            "invoice_settings": [
                "custom_fields": nil,
                "default_payment_method": nil,
                "footer": nil,
                "rendering_options": nil,
            ],
            "livemode": false,
            "metadata": [:],
            "name": "Jenny Rosen",
            "next_invoice_sequence": 1,
            "phone": nil,
            "preferred_locales": [],
            "shipping": nil,
            "tax_exempt": "none",
            "test_clock": nil,
        ]
    }
}

/// A subscription's JSON.
///
/// It shows nothing about a payment, but its events arrive beside a payment's.
struct SubscriptionBody: Sendable {
    let id: String
    let customer: String?
    let currency: Currency
    let created: Instant
    let item: String
    var invoice: String?
    var status: String

    var json: OrderedJSON {
        [
            "id": .string(id),
            "object": "subscription",
            "application": nil,
            "application_fee_percent": nil,
            "automatic_tax": ["disabled_reason": nil, "enabled": false, "liability": nil],
            "billing_cycle_anchor": .integer(created.unixSeconds),
            "cancel_at": nil,
            "cancel_at_period_end": false,
            "canceled_at": nil,
            "collection_method": "charge_automatically",
            "created": .integer(created.unixSeconds),
            "currency": .string(currency.code),
            "customer": .text(customer),
            "default_payment_method": nil,
            "description": nil,
            "discounts": [],
            "ended_at": nil,
            "items": [
                "object": "list",
                "data": [
                    [
                        "id": .string(item),
                        "object": "subscription_item",
                        "created": .integer(created.unixSeconds),
                        "current_period_end": .integer(created.adding(seconds: 30 * 86_400).unixSeconds),
                        "current_period_start": .integer(created.unixSeconds),
                        "quantity": 1,
                        "subscription": .string(id),
                    ]
                ],
                "has_more": false,
                "total_count": 1,
                "url": .string("/v1/subscription_items?subscription=\(id)"),
            ],
            "latest_invoice": .text(invoice),
            "livemode": false,
            "metadata": [:],
            "pending_update": nil,
            "start_date": .integer(created.unixSeconds),
            "status": .string(status),
            "test_clock": nil,
            "trial_end": nil,
            "trial_start": nil,
        ]
    }
}
