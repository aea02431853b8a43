import Foundation

/// The events of a customer's whose every text, of fields that we read and of fields that we do not, is a canary: a
/// text that is found nowhere else, and nowhere at all once the customer is erased.
package enum CanaryScenario {
    package static let customer = "cus_gone"
    package static let user = canary("user")
    /// The prefix of every canary.
    package static let mark = "CANARY"

    package static func canary(_ name: String) -> String { "\(mark)-\(name)-7f3a" }

    private static var person: [String: Any] {
        [
            "name": canary("name"), "email": canary("email") + "@example.com", "phone": canary("phone"),
            "address": [
                "line1": canary("line1"), "line2": canary("line2"), "city": canary("city"),
                "postal_code": canary("postal_code"), "state": canary("state"), "country": canary("country"),
            ],
        ]
    }

    private static func payment(_ more: [String: Any]) -> [String: Any] {
        [
            "customer": customer, "description": canary("description"),
            "receipt_email": canary("receipt_email"),
            "metadata": ["note": canary("metadata")], "statement_descriptor": canary("descriptor"),
            "shipping": person, "something_new": [["deep": canary("unknown")]],
        ].merging(more) { $1 }
    }

    private static var card: [String: Any] {
        [
            "brand": "visa", "last4": canary("last4"), "fingerprint": canary("fingerprint"),
            "wallet": ["type": canary("wallet")], "exp_year": 2031,
        ]
    }

    private static var charge: [String: Any] {
        MadeUp.charge(
            "ch_gone",
            intent: "pi_gone",
            payment([
                "billing_details": person,
                "receipt_url": "https://pay.stripe.com/receipts/" + canary("receipt"),
                "receipt_number": "1234-5678", "payment_method": "pm_gone",
                "payment_method_details": ["type": "card", "card": card],
            ])
        )
    }

    /// Bodies in the order in which they are sent.
    ///
    /// - Throws: What keeps a body from being made.
    package static func bodies() throws -> [[UInt8]] {
        let failed = payment([
            "last_payment_error": [
                "code": "card_declined", "decline_code": "do_not_honor", "message": canary("decline"),
                "payment_method": ["type": "card", "card": card],
            ]
        ])
        var bank = MadeUp.charge(
            "ch_bank",
            payment([
                "failure_code": "account_closed", "failure_message": canary("failure"), "status": "failed",
                "paid": false,
                "payment_method_details": [
                    "type": "us_bank_account",
                    "us_bank_account": ["bank_name": canary("bank"), "last4": canary("bank4")],
                ],
            ])
        )
        bank["amount_captured"] = 0
        return [
            try MadeUp.event(
                "evt_customer",
                "customer.created",
                person.merging(["id": customer, "object": "customer", "metadata": ["userId": user]]) { $1 }
            ),
            try MadeUp.event(
                "evt_method",
                "payment_method.attached",
                [
                    "id": "pm_gone", "object": "payment_method", "customer": customer,
                    "billing_details": person, "card": card,
                ]
            ),
            // Names the payment method, and no customer.
            try MadeUp.event(
                "evt_mandate",
                "mandate.updated",
                [
                    "id": "mandate_gone", "object": "mandate", "payment_method": "pm_gone",
                    "customer_acceptance": ["online": ["ip_address": canary("ip")]],
                ]
            ),
            try MadeUp.event(
                "evt_failed",
                "payment_intent.payment_failed",
                MadeUp.intent("pi_failed", status: "requires_payment_method", failed)
            ),
            try MadeUp.event("evt_bank", "charge.failed", bank),
            try MadeUp.event("evt_charge", "charge.succeeded", charge),
            // The same event in another API version.
            try MadeUp.event("evt_charge", "charge.succeeded", charge, apiVersion: "2019-09-09"),
            try MadeUp.event(
                "evt_intent",
                "payment_intent.succeeded",
                MadeUp.intent("pi_gone", payment(["latest_charge": charge]))
            ),
            try MadeUp.event(
                "evt_session",
                "checkout.session.completed",
                [
                    "id": "cs_gone", "object": "checkout.session", "customer": customer,
                    "customer_details": person, "payment_intent": "pi_gone", "payment_status": "paid",
                    "status": "complete", "amount_total": 2500, "currency": "usd", "created": MadeUp.start,
                ]
            ),
            try MadeUp.event(
                "evt_refund",
                "refund.created",
                MadeUp.refund(
                    "re_gone",
                    charge: "ch_gone",
                    ["description": canary("refund"), "instructions_email": canary("instructions")]
                )
            ),
            try MadeUp.event(
                "evt_invoice",
                "invoice.paid",
                payment([
                    "id": "in_gone", "object": "invoice", "currency": "usd", "created": MadeUp.start,
                    "status": "paid", "amount_paid": 2500, "number": "ABC-1", "charge": "ch_gone",
                    "customer_name": canary("customer_name"), "customer_address": person,
                ])
            ),
            // Names its charge, and no customer.
            try MadeUp.event("evt_dispute", "charge.dispute.created", dispute("dp_gone")),
            // Should have meant something, and cannot be read.
            try MadeUp.event(
                "evt_quarantined",
                "charge.updated",
                payment(["id": "ch_odd", "object": "charge", "amount": canary("amount")])
            ),
        ]
    }

    /// Events that Stripe sends after the erasure: about earlier objects, and about new ones.
    ///
    /// - Throws: What keeps a body from being made.
    package static func laterBodies() throws -> [[UInt8]] {
        [
            try MadeUp.event(
                "evt_later_refund",
                "charge.refunded",
                charge.merging(["amount_refunded": 700]) { $1 },
                created: MadeUp.start + 900
            ),
            try MadeUp.event(
                "evt_later_dispute",
                "charge.dispute.closed",
                dispute("dp_gone", status: "lost")
            ),
            try MadeUp.event(
                "evt_later_unread",
                "review.opened",
                [
                    "id": "prv_gone", "object": "review", "charge": "ch_gone",
                    "ip_address": canary("review_ip"),
                ]
            ),
            try MadeUp.event(
                "evt_later_customer",
                "customer.updated",
                person.merging(["id": customer, "object": "customer", "metadata": ["userId": user]]) { $1 },
                created: MadeUp.start + 900
            ),
            try MadeUp.event("evt_new", "charge.succeeded", MadeUp.charge("ch_new", payment([:]))),
        ]
    }

    private static func dispute(_ id: String, status: String = "needs_response") -> [String: Any] {
        [
            "id": id, "object": "dispute", "charge": "ch_gone", "amount": 2500, "currency": "usd",
            "created": MadeUp.start + 200, "status": status,
            "evidence": [
                "customer_name": canary("evidence_name"), "customer_email_address": canary("evidence_email"),
                "uncategorized_text": canary("evidence"),
            ],
        ]
    }

    /// An object of another customer that names the first in a note.
    ///
    /// - Throws: What keeps a body from being made.
    package static func othersBodies() throws -> [[UInt8]] {
        [
            try MadeUp.event(
                "evt_other_customer",
                "customer.created",
                ["id": "cus_other", "object": "customer", "metadata": ["userId": "user_other"]]
            ),
            try MadeUp.event(
                "evt_other",
                "charge.succeeded",
                MadeUp.charge(
                    "ch_other",
                    ["customer": "cus_other", "description": "Kept", "metadata": ["friend": customer]]
                )
            ),
            try MadeUp.event(
                "evt_other_refund",
                "refund.created",
                MadeUp.refund("re_other", charge: "ch_other", ["description": "Kept as well"])
            ),
        ]
    }
}
