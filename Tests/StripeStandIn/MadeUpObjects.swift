/// Plausible objects for unknown ids, the same for the same id every time.
enum MadeUpObjects {
    static func object(_ kind: String, id: String) -> JSON? {
        switch kind {
        case "charge" where id.hasPrefix("ch_") || id.hasPrefix("py_"): charge(id)
        case "payment_intent" where id.hasPrefix("pi_"): paymentIntent(id)
        case "customer" where id.hasPrefix("cus_"): customer(id)
        default: nil
        }
    }

    private static func charge(_ id: String) -> JSON {
        let amount = JSON.integer(amount(id))
        let tail = JSON.string(String(id.dropFirst(3)))
        return [
            "id": .string(id),
            "object": "charge",
            "amount": amount,
            "amount_captured": amount,
            "amount_refunded": 0,
            "billing_details": ["address": nil, "email": nil, "name": nil, "phone": nil],
            "captured": true,
            "created": .integer(created(id)),
            "currency": "usd",
            "customer": nil,
            "description": "Made up by the stand-in",
            "disputed": false,
            "failure_code": nil,
            "failure_message": nil,
            "livemode": false,
            "metadata": ["stand_in": tail],
            "paid": true,
            "payment_intent": nil,
            "payment_method": nil,
            "payment_method_details": [
                "type": "card",
                "card": [
                    "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034, "funding": "credit",
                ],
            ],
            "receipt_email": nil,
            "receipt_number": nil,
            "receipt_url": "",
            "refunded": false,
            "status": "succeeded",
        ]
    }

    private static func paymentIntent(_ id: String) -> JSON {
        let charge = "ch_" + id.dropFirst(3)
        let amount = JSON.integer(amount(charge))
        return [
            "id": .string(id),
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": amount,
            "capture_method": "automatic",
            "created": .integer(created(charge)),
            "currency": "usd",
            "customer": nil,
            "last_payment_error": nil,
            "latest_charge": .string(charge),
            "livemode": false,
            "metadata": [:],
            "status": "succeeded",
        ]
    }

    private static func customer(_ id: String) -> JSON {
        [
            "id": .string(id),
            "object": "customer",
            "created": .integer(created(id)),
            "email": nil,
            "livemode": false,
            "metadata": [:],
            "name": nil,
        ]
    }

    private static func amount(_ id: String) -> Int64 { 500 + Int64(hash(id) % 495) * 100 }
    private static func created(_ id: String) -> Int64 { 1_750_000_000 + Int64(hash(id) % 10_000_000) }

    /// FNV-1a; Swift's own hash differs from run to run.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
