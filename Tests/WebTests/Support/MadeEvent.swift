import Billing
import Foundation

/// An event made for one test, from the fields that the test is about.
struct MadeEvent: Sendable {
    let id: String
    let body: [UInt8]
    /// The object alone, as Stripe's API would show it.
    let object: String

    init(
        _ type: String,
        id: String,
        created: Instant,
        object: [String: any Sendable],
        apiVersion: String? = "2025-09-30.clover"
    ) {
        self.id = id
        var envelope: [String: any Sendable] = [
            "id": id, "object": "event", "type": type, "created": created.unixSeconds, "livemode": false,
            "data": ["object": object],
        ]
        envelope["api_version"] = apiVersion
        // Made of strings, numbers, lists and objects, which are JSON by nature.
        body = Array((try? JSONSerialization.data(withJSONObject: envelope)) ?? Data())
        let data = (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
        self.object = String(decoding: data, as: UTF8.self)
    }

    private init(id: String, body: [UInt8], object: String) {
        self.id = id
        self.body = body
        self.object = object
    }

    /// The same event of a connected account.
    func of(_ account: String) -> MadeEvent {
        let name = "\(id)_\(account)"
        let text = String(decoding: body, as: UTF8.self)
            .replacing("\"\(id)\"", with: "\"\(name)\",\"account\":\"\(account)\"")
        return MadeEvent(id: name, body: Array(text.utf8), object: object)
    }

    /// A payment by card without a PaymentIntent, so that one event makes one row, whose id is the charge's.
    static func charge(
        _ id: String,
        amount: Int64 = 2500,
        refunded: Int64 = 0,
        currency: String = "usd",
        status: String = "succeeded",
        created: Instant = TestClock.start.adding(seconds: -3600),
        customer: String? = "cus_one",
        extra: [String: any Sendable] = [:],
        card: [String: any Sendable] = ["brand": "visa", "last4": "4242"],
        observedAt: Instant? = nil
    ) -> MadeEvent {
        var object: [String: any Sendable] = [
            "id": id, "object": "charge", "amount": amount, "amount_captured": amount,
            "amount_refunded": refunded, "captured": status == "succeeded", "created": created.unixSeconds,
            "currency": currency, "livemode": false, "paid": status == "succeeded", "status": status,
            "refunded": refunded == amount, "disputed": false,
            "payment_method_details": ["type": "card", "card": card] as [String: any Sendable],
        ]
        object["customer"] = customer
        object.merge(extra) { $1 }
        return MadeEvent(
            "charge.\(status)",
            id: "evt_of_\(id)_\(observedAt?.unixSeconds ?? 0)",
            created: observedAt ?? created,
            object: object
        )
    }

    static func refund(
        _ id: String,
        of charge: String,
        amount: Int64 = 500,
        status: String = "succeeded",
        created: Instant = TestClock.start.adding(seconds: -1800),
        extra: [String: any Sendable] = [:]
    ) -> MadeEvent {
        var object: [String: any Sendable] = [
            "id": id, "object": "refund", "amount": amount, "charge": charge,
            "created": created.unixSeconds, "currency": "usd", "status": status,
        ]
        object.merge(extra) { $1 }
        return MadeEvent("refund.created", id: "evt_of_\(id)", created: created, object: object)
    }

    /// A payment that waits until the customer has paid a voucher.
    ///
    /// - Parameters:
    ///   - id: The PaymentIntent's.
    ///   - voucher: Where the voucher is; `nil` for one that Stripe has no page for.
    ///   - status: Its status.
    ///   - action: Its `next_action`, instead of a voucher's.
    ///   - customer: Its customer.
    /// - Returns: The event.
    static func waiting(
        _ id: String,
        voucher: String? = "https://payments.stripe.com/oxxo/voucher/told",
        status: String = "requires_action",
        action: [String: any Sendable]? = nil,
        customer: String = "cus_one"
    ) -> MadeEvent {
        let created = TestClock.start.adding(seconds: -900)
        var details: [String: any Sendable] = ["number": "1234"]
        details["hosted_voucher_url"] = voucher
        var object: [String: any Sendable] = [
            "id": id, "object": "payment_intent", "amount": 2500, "amount_received": 0, "currency": "usd",
            "created": created.unixSeconds, "customer": customer, "status": status,
        ]
        if status == "requires_action" {
            object["next_action"] =
                action ?? ["type": "oxxo_display_details", "oxxo_display_details": details]
        }
        return MadeEvent(
            "payment_intent.\(status)",
            id: "evt_of_\(id)_\(status)",
            created: created,
            object: object
        )
    }

    /// An invoice that was paid by bank transfer, outside Stripe.
    static func outOfBandInvoice(
        _ id: String,
        amount: Int64 = 9900,
        customer: String = "cus_one"
    ) -> MadeEvent {
        let created = TestClock.start.adding(seconds: -7200)
        return MadeEvent(
            "invoice.paid",
            id: "evt_of_\(id)",
            created: created,
            object: [
                "id": id, "object": "invoice", "amount_paid": amount, "amount_due": amount, "total": amount,
                "created": created.unixSeconds, "currency": "usd", "customer": customer, "livemode": false,
                "paid": true, "paid_out_of_band": true, "status": "paid", "number": "EX-0001",
                "hosted_invoice_url": "https://invoice.stripe.com/i/acct_x/test_old",
                "invoice_pdf": "https://pay.stripe.com/invoice/acct_x/test_old/pdf",
            ]
        )
    }

    /// An invoice that a coupon paid the whole of.
    static func couponInvoice(
        _ id: String,
        amount: Int64 = 2000,
        created: Instant = TestClock.start.adding(seconds: -7200),
        customer: String = "cus_one",
        status: String = "paid"
    ) -> MadeEvent {
        MadeEvent(
            status == "paid" ? "invoice.paid" : "invoice.updated",
            id: "evt_of_\(id)_\(status)",
            created: created,
            object: [
                "id": id, "object": "invoice", "amount_paid": 0, "amount_due": 0, "total": 0,
                "subtotal": amount, "created": created.unixSeconds, "currency": "usd",
                "customer": customer, "livemode": false, "status": status,
                "total_discount_amounts": [["amount": amount, "discount": "di_1"] as [String: any Sendable]],
            ]
        )
    }

    /// A customer that Console made for one of its users.
    static func customer(_ id: String, ofConsoleUser user: String) -> MadeEvent {
        MadeEvent(
            "customer.created",
            id: "evt_of_\(id)",
            created: TestClock.start.adding(seconds: -86_400),
            object: [
                "id": id, "object": "customer", "email": "customer@example.com",
                "metadata": ["userId": user],
            ]
        )
    }
}
