import Billing
import Testing

/// How Stripe's JSON is read: money and identity strictly, everything else with patience.
struct DecodingTests {
    private func charge(_ fields: String) throws -> Event {
        try Sample.event("charge.succeeded", #"{"id":"ch_1","currency":"usd","created":1,\#(fields)}"#)
    }

    // MARK: The envelope

    @Test(
        arguments: [
            "", "null", "[]", "1", "\"x\"", "{}", #"{"id":"evt_1"}"#, #"{"type":"a"}"#,
            #"{"id":1,"type":"a"}"#,
            #"{"id":"","type":"a"}"#, #"{"id":"evt 1","type":"a"}"#, #"{"id":"evt_1","type":""}"#,
            #"{"id":"evt_1","type":null}"#, #"{"id":"évt","type":"a"}"#,
            #"{"id":"evt_1","type":"a","account":""}"#,
            #"{"id":"evt_1","type":"a","account":5}"#, #"{"id":"evt_1\u0000","type":"a"}"#, #"{"id":"evt_1""#,
        ]
    )
    func `what has no id and no type is no event`(text: String) {
        #expect(throws: (any Error).self) { try Event(parsing: Array(text.utf8)) }
    }

    @Test func `an id has an end`() throws {
        func body(_ count: Int) -> [UInt8] {
            Array(#"{"id":"\#(String(repeating: "x", count: count))","type":"a"}"#.utf8)
        }
        #expect(try Event(parsing: body(255)).id.count == 255)
        #expect(throws: (any Error).self) { try Event(parsing: body(256)) }
        #expect(throws: (any Error).self) { try Event(parsing: body(10_000)) }
    }

    @Test func `an envelope with nothing but an id and a type is an event`() throws {
        let event = try Event(parsing: Array(#"{"id":"evt_1","type":"some.thing"}"#.utf8))
        #expect(event.created == nil)
        #expect(event.livemode == false)
        #expect(event.account == nil)
        #expect(event.apiVersion == nil)
    }

    @Test(
        arguments: [
            #""created":"yesterday""#, #""created":1.5"#, #""livemode":"yes""#, #""api_version":5"#,
            #""request":"req_1""#, #""request":null"#, #""data":[]"#, #""unheard_of":{}"#, #""account":null"#,
        ]
    )
    func `what adorns an envelope is not what it hangs on`(field: String) throws {
        let event = try Event(parsing: Array(#"{"id":"evt_1","type":"some.thing",\#(field)}"#.utf8))
        #expect(event.id == "evt_1")
    }

    @Test func `10,000 levels are refused and do not end the process`() {
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        let body = #"{"id":"evt_1","type":"charge.succeeded","data":{"object":{"id":"ch_1","x":\#(deep)}}}"#
        #expect(throws: (any Error).self) { try Event(parsing: Array(body.utf8)) }
    }

    // MARK: Which kind an event holds

    @Test(
        arguments: [
            ("charge.succeeded", .charge), ("charge.unheard_of", .charge),
            ("charge.dispute.created", .dispute),
            ("charge.refund.updated", .refund), ("charge.refunded", .charge), ("refund.created", .refund),
            ("payment_intent.succeeded", .paymentIntent), ("checkout.session.completed", .checkoutSession),
            ("invoice.paid", .invoice), ("invoice.upcoming", nil), ("invoice_payment.paid", .invoicePayment),
            ("invoiceitem.created", nil), ("customer.created", .customer), ("customer.updated", .customer),
            ("customer.deleted", .customer), ("customer.subscription.created", nil),
            ("customer.source.created", nil), ("customer.tax_id.created", nil),
            ("customer.discount.created", nil),
            ("radar.early_fraud_warning.updated", .earlyFraudWarning), ("review.opened", .review),
            ("payout.paid", nil), ("ping", nil), ("v1.charge.refunded", nil), ("charge", nil),
            ("charges.x", nil),
        ] as [(String, ObjectKind?)]
    )
    func `a type of a family holds that family's kind`(type: String, kind: ObjectKind?) {
        #expect(EventFamily.objectKind(of: type) == kind)
    }

    @Test func `a thin event says nothing, whatever its type`() throws {
        let body =
            #"{"id":"evt_1","object":"v2.core.event","type":"charge.succeeded","created":"2025-01-01"}"#
        let event = try Event(parsing: Array(body.utf8))
        guard case .other = event.content else {
            Issue.record("\(event.content)")
            return
        }
    }

    @Test(
        arguments: [
            (#"{"object":"refund","id":"re_1"}"#, "data.object is not a charge"),
            ("null", "data.object is null"), ("[]", "data.object is not a"), ("5", "data.object is not a"),
            ("{}", "data.object.id is missing"), (#"{"id":null}"#, "data.object.id is null"),
            (#"{"id":7}"#, "data.object.id is not a String"),
        ]
    )
    func `an object that is missing, of another kind or without an id is unreadable`(
        object: String,
        reason: String
    ) throws {
        let found = try #require(try Sample.event("charge.succeeded", object).unreadableReason)
        #expect(found.hasPrefix(reason), "\(found)")
    }

    // MARK: Amounts

    @Test(
        arguments: [
            "-1", "-9223372036854775808", "9223372036854775808", "1e30", "12.5", "\"777\"", "true", "[777]",
            "{}",
            "777777777777777777777777",
        ]
    )
    func `an amount that is no whole number of minor units is unreadable, and the reason names it alone`(
        amount: String
    ) throws {
        let reason = try #require(try charge(#""amount":\#(amount)"#).unreadableReason)
        #expect(reason.contains("data.object.amount"), "\(reason)")
        #expect(!reason.contains("777"), "\(reason)")
    }

    @Test(arguments: ["amount_captured", "amount_refunded"])
    func `every amount is held to that, wherever it stands`(field: String) throws {
        for wrong in ["-1", "0.5", "9223372036854775808", "\"1\""] {
            let reason = try charge(#""amount":1,"\#(field)":\#(wrong)"#).unreadableReason
            #expect(reason?.contains(field) == true, "\(field): \(wrong)")
        }
        #expect(try charge(#""amount":1,"\#(field)":null"#).unreadableReason == nil)
    }

    @Test func `an amount inside an expanded object is held to that`() throws {
        let inner = #"{"id":"re_1","amount":-5,"currency":"usd","created":1}"#
        let reason = try charge(#""amount":1,"refunds":{"data":[\#(inner)]}"#).unreadableReason
        #expect(reason?.contains("refunds.data") == true)
        #expect(reason?.contains("amount") == true)
    }

    @Test(
        arguments: [(0, "0"), (10_000_000_000_000, "1e13"), (2_147_483_648, "2147483648"), (100, "1e2")]
    )
    func `an amount may be as large as Stripe's largest, and more`(amount: Int64, text: String) throws {
        guard case .charge(let charge) = try charge(#""amount":\#(text)"#).object else {
            Issue.record("unreadable")
            return
        }
        #expect(charge.amount == amount)
    }

    @Test(arguments: ["-0.5", "1e30", "\"1\"", "9223372036854775808", "[]"])
    func `a time that is none is unreadable, and the reason names it`(created: String) throws {
        let object = #"{"id":"ch_1","currency":"usd","amount":1,"created":\#(created)}"#
        let reason = try Sample.event("charge.succeeded", object).unreadableReason
        #expect(reason?.contains("data.object.created") == true, "\(reason ?? "readable")")
    }

    // MARK: References

    private func customer(_ json: String) throws -> Expandable<Customer>? {
        guard case .charge(let charge) = try charge(#""amount":1,"customer":\#(json)"#).object else {
            return nil
        }
        return charge.customer
    }

    @Test func `a reference is an id, an object, a deleted object, null or absent`() throws {
        #expect(try customer("\"cus_1\"")?.id == "cus_1")
        #expect(try customer("\"cus_1\"")?.object == nil)
        let expanded = try customer(#"{"id":"cus_2","object":"customer","metadata":{"userId":"u"}}"#)
        #expect(expanded?.id == "cus_2")
        #expect(expanded?.object?.consoleUser == "u")
        #expect(try customer(#"{"id":"cus_3","object":"customer","deleted":true}"#)?.id == "cus_3")
        #expect(try customer("null") == nil)
        guard case .charge(let bare) = try charge(#""amount":1"#).object else {
            Issue.record("unreadable")
            return
        }
        #expect(bare.customer == nil)
    }

    @Test(arguments: ["5", "\"\"", "\"a b\"", "[]", "{}", #"{"id":5}"#, "\"\\u0000\"", "\"é\""])
    func `a reference that is no id and no object is unreadable`(json: String) throws {
        let reason = try charge(#""amount":1,"customer":\#(json)"#).unreadableReason
        #expect(reason?.contains("customer") == true, "\(reason ?? "readable")")
    }

    @Test func `an expanded object is a snapshot of its own, and so is what is expanded in it`() throws {
        let event = try Sample.event(
            "refund.created",
            """
            {"id":"re_1","amount":1,"currency":"usd","created":1,"charge":{"id":"ch_1","amount":9,
            "currency":"usd","created":1,"payment_intent":{"id":"pi_1","amount":9,"currency":"usd","created":1,
            "status":"succeeded","customer":{"id":"cus_1"}}}}
            """
        )
        let records = event.records(receivedAt: Instant(unixSeconds: 0))
        #expect(records.map(\.reference.id) == ["ch_1", "cus_1", "pi_1", "re_1"])
        #expect(records.allSatisfy { $0.snapshot != nil })
    }

    @Test func `an object that is only named is known by name`() throws {
        let event = try Sample.event(
            "refund.created",
            #"{"id":"re_1","amount":1,"currency":"usd","created":1,"charge":"ch_1","payment_intent":"pi_1"}"#
        )
        let records = event.records(receivedAt: Instant(unixSeconds: 0))
        #expect(records.map(\.reference.id) == ["ch_1", "pi_1", "re_1"])
        #expect(records.filter { $0.snapshot == nil }.map(\.reference.id) == ["ch_1", "pi_1"])
    }

    // MARK: What is open

    @Test(arguments: ["unheard_of", "", "SUCCEEDED"])
    func `a state we have never heard of is kept and breaks nothing`(status: String) throws {
        let money = #""amount":1,"currency":"usd","created":1,"status":"\#(status)""#
        let objects = [
            ("payment_intent.x", #"{"id":"pi_1",\#(money)}"#), ("charge.x", #"{"id":"ch_1",\#(money)}"#),
            ("refund.x", #"{"id":"re_1",\#(money)}"#), ("charge.dispute.x", #"{"id":"dp_1",\#(money)}"#),
            ("invoice.x", #"{"id":"in_1",\#(money)}"#), ("invoice_payment.x", #"{"id":"inpay_1",\#(money)}"#),
            ("checkout.session.x", #"{"id":"cs_1",\#(money)}"#),
        ]
        for (type, object) in objects {
            #expect(try Sample.event(type, object).object != nil, "\(type)")
        }
        let refund = Sample.rows([try Sample.event("refund.x", objects[2].1)])
        #expect(refund.map(\.status) == [status])
        let intent = Sample.rows([try Sample.event("payment_intent.x", objects[0].1)])
        #expect(intent.map(\.status) == ["pending"])
    }

    @Test(
        arguments: [
            #""payment_method_details":5"#, #""payment_method_details":{}"#,
            #""payment_method_details":{"type":5}"#,
            #""payment_method_details":{"type":"card","card":7}"#, #""description":{}"#, #""receipt_url":5"#,
            #""paid":"yes""#, #""captured":0"#, #""status":5"#, #""failure_code":[]"#, #""disputed":"no""#,
            #""source":5"#, #""balance_transaction":{}"#, #""livemode":1"#,
        ]
    )
    func `what only adorns a row may be of any shape`(field: String) throws {
        #expect(try charge(#""amount":1,\#(field)"#).unreadableReason == nil)
    }

    @Test func `a NUL in a text becomes a mark that one was there`() throws {
        guard case .charge(let charge) = try charge(#""amount":1,"description":"a\u0000b""#).object else {
            Issue.record("unreadable")
            return
        }
        #expect(charge.description == "a\u{FFFD}b")
    }

    // MARK: Old shapes

    @Test(
        arguments: [
            (#""status":"succeeded","paid":false"#, .succeeded), (#""paid":true"#, .succeeded),
            (#""paid":false"#, .failed), (#""paid":true,"failure_code":"card_declined""#, .failed),
            (#""captured":true"#, .pending), (#""status":"unheard_of","paid":true"#, .succeeded),
        ] as [(String, Charge.Status)]
    )
    func `a charge without a status says it otherwise`(fields: String, status: Charge.Status) throws {
        guard case .charge(let charge) = try charge(#""amount":1,\#(fields)"#).object else {
            Issue.record("unreadable")
            return
        }
        #expect(charge.status == status)
    }

    @Test func `an old charge has its card under source, its dispute as an id, and is captured when paid`()
        throws
    {
        let event = try charge(
            """
            "amount":1,"paid":true,"dispute":"dp_1",
            "source":{"object":"card","brand":"American Express","last4":"0005"}
            """
        )
        guard case .charge(let charge) = event.object else {
            Issue.record("unreadable")
            return
        }
        #expect(charge.isCaptured)
        #expect(charge.isDisputed)
        #expect(charge.paymentMethodDetails?.brand == "amex")
        #expect(charge.paymentMethodDetails?.last4 == "0005")
    }

    @Test func `an old invoice has a date, and what was due is what was paid`() throws {
        let event = try Sample.event(
            "invoice.payment_succeeded",
            #"{"id":"in_1","currency":"usd","date":77,"paid":true,"amount_due":500}"#
        )
        guard case .invoice(let invoice) = event.object else {
            Issue.record("unreadable")
            return
        }
        #expect(invoice.created.unixSeconds == 77)
        #expect(invoice.amountPaid == 500)
    }
}
