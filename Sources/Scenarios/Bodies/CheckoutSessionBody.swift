import Billing

/// The state of a Checkout Session during a story, and its JSON.
struct CheckoutSessionBody: Sendable {
    let id: String
    let amount: Int64
    let currency: Currency
    let customer: String?
    let created: Instant
    let intent: String?
    var isComplete = false
    var isExpired = false
    var isPaid = false

    func json(expanding expansions: ObjectExpansions = .none) -> OrderedJSON {
        [
            "id": .string(id),
            "object": "checkout.session",
            "adaptive_pricing": ["enabled": false],
            "after_expiration": nil,
            "allow_promotion_codes": nil,
            "amount_subtotal": .integer(amount),
            "amount_total": .integer(amount),
            "automatic_tax": ["enabled": false, "liability": nil, "provider": nil, "status": nil],
            "billing_address_collection": nil,
            "cancel_url": "https://console.example.com/billing?canceled",
            "client_reference_id": nil,
            "client_secret": nil,
            "collected_information": nil,
            "consent": nil,
            "consent_collection": nil,
            "created": .integer(created.unixSeconds),
            "currency": .string(currency.code),
            "currency_conversion": nil,
            "custom_fields": [],
            "custom_text": [
                "after_submit": nil, "shipping_address": nil, "submit": nil,
                "terms_of_service_acceptance": nil,
            ],
            "customer": expansions.reference(customer),
            "customer_creation": "if_required",
            "customer_details": [
                "address": [
                    "city": nil,
                    "country": "US",
                    "line1": nil,
                    "line2": nil,
                    "postal_code": "94107",
                    "state": nil,
                ],
                "email": "jenny.rosen@example.com",
                "name": "Jenny Rosen",
                "phone": nil,
                "tax_exempt": "none",
                "tax_ids": [],
            ],
            "customer_email": nil,
            "discounts": [],
            "expires_at": .integer(created.adding(seconds: 86_400).unixSeconds),
            "invoice": nil,
            "invoice_creation": ["enabled": false],
            "livemode": false,
            "locale": nil,
            "metadata": [:],
            "mode": "payment",
            "origin_context": nil,
            "payment_intent": expansions.reference(intent),
            "payment_link": nil,
            "payment_method_collection": "if_required",
            "payment_method_types": ["card", "link", "us_bank_account"],
            "payment_status": isPaid ? "paid" : "unpaid",
            "permissions": nil,
            "recovered_from": nil,
            "saved_payment_method_options": nil,
            "setup_intent": nil,
            "shipping_address_collection": nil,
            "shipping_cost": nil,
            "shipping_options": [],
            "status": isComplete ? "complete" : isExpired ? "expired" : "open",
            "submit_type": nil,
            "subscription": nil,
            "success_url": "https://console.example.com/billing?paid",
            "total_details": ["amount_discount": 0, "amount_shipping": 0, "amount_tax": 0],
            "ui_mode": "hosted",
            "url": nil,
            "wallet_options": nil,
        ]
    }
}
