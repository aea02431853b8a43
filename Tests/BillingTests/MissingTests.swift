import Billing
import Testing

/// The objects to fetch from Stripe follow only from the known objects of a payment.
struct MissingTests {
    private static let money = #""amount":2500,"currency":"usd","created":10"#

    private static func charge(_ id: String = "ch_1", _ more: String = "") throws -> Event {
        try Sample.event(
            "charge.updated",
            created: 100,
            #"{"id":"\#(id)",\#(money),"status":"succeeded","captured":true,"amount_captured":2500\#(more)}"#
        )
    }

    private static func refund(
        _ id: String = "re_1",
        amount: Int = 500,
        at created: Int64 = 50,
        _ more: String = #","charge":"ch_1""#
    ) throws -> Event {
        try Sample.event(
            "refund.created",
            created: created,
            """
            {"id":"\(id)","amount":\(amount),"currency":"usd","created":\(created),"status":"succeeded"\(more)}
            """
        )
    }

    private static func intent(_ status: String = "succeeded", _ more: String = "") throws -> Event {
        try Sample.event(
            "payment_intent.x",
            created: 20,
            #"{"id":"pi_1",\#(money),"status":"\#(status)"\#(more)}"#
        )
    }

    private static func invoice(version: String? = "2025-09-30.clover", _ more: String = "") throws -> Event {
        try Sample.event(
            "invoice.paid",
            created: 20,
            apiVersion: version,
            #"{"id":"in_1","amount_paid":2500,"currency":"usd","created":10,"status":"paid"\#(more)}"#
        )
    }

    private static func invoicePayment(status: String = "paid", _ payment: String) throws -> Event {
        try Sample.event(
            "invoice_payment.paid",
            created: 30,
            #"{"id":"inpay_1","invoice":"in_1","status":"\#(status)","payment":{\#(payment)}}"#
        )
    }

    private static func object(_ kind: ObjectKind, _ id: String) -> StripeFetchRequest {
        .object(ObjectReference(kind, id))
    }

    private typealias Case = (
        what: String, events: @Sendable () throws -> [Event], missing: [StripeFetchRequest]
    )

    /// A payment and its missing objects.
    private static let cases: [Case] = [
        ("a payment known by its intent", { [try intent()] }, [object(.paymentIntent, "pi_1")]),
        (
            "an intent that names its charge", { [try intent("succeeded", #","latest_charge":"ch_1""#)] },
            [object(.charge, "ch_1")]
        ),
        (
            "an intent with its charge",
            { [try intent(), try charge("ch_1", #","payment_intent":"pi_1""#)] }, []
        ),
        ("a refund alone", { [try refund()] }, [object(.charge, "ch_1")]),
        (
            "a refund that names its charge and its intent",
            { [try refund("re_1", #","charge":"ch_1","payment_intent":"pi_1""#)] }, [object(.charge, "ch_1")]
        ),
        (
            "a refund that names only its intent", { [try refund("re_1", #","payment_intent":"pi_1""#)] },
            [object(.paymentIntent, "pi_1")]
        ),
        (
            "a refund of an intent that has not succeeded yet, as far as we know",
            { [try refund("re_1", #","payment_intent":"pi_1""#), try intent("processing")] },
            [object(.paymentIntent, "pi_1")]
        ),
        ("a refund that names nothing", { [try refund("re_1", "")] }, []),
        ("a refund with its charge", { [try refund(), try charge()] }, []),
        (
            "an authorisation that lapsed",
            { [try refund("re_1", #","charge":"ch_1","reason":"expired_uncaptured_charge""#)] }, []
        ),
        (
            "a refund of a second attempt of which only the first came",
            {
                [
                    try refund("re_1", #","charge":"ch_2","payment_intent":"pi_1""#),
                    try Sample.event(
                        "charge.failed",
                        #"{"id":"ch_1",\#(money),"status":"failed","payment_intent":"pi_1"}"#
                    ),
                ]
            }, [object(.charge, "ch_2")]
        ),
        (
            "a dispute alone",
            {
                [
                    try Sample.event(
                        "charge.dispute.created",
                        #"{"id":"dp_1",\#(money),"status":"needs_response","charge":"ch_1"}"#
                    )
                ]
            }, [object(.charge, "ch_1")]
        ),
        (
            "a charge with money gone back that no refund tells of",
            { [try charge("ch_1", #","amount_refunded":500"#)] }, [.refunds(charge: "ch_1")]
        ),
        (
            "a charge of which one of two refunds came",
            { [try charge("ch_1", #","amount_refunded":1000"#), try refund()] }, [.refunds(charge: "ch_1")]
        ),
        (
            "a charge with all its refunds",
            { [try charge("ch_1", #","amount_refunded":1000"#), try refund(), try refund("re_2")] }, []
        ),
        (
            "a charge shown before its refund",
            { [try charge("ch_1", #","amount_refunded":0"#), try refund("re_1", at: 200)] }, []
        ),
        (
            "a charge that carries its refunds",
            {
                [
                    try charge(
                        "ch_1",
                        #","amount_refunded":500,"refunds":{"data":[{"id":"re_1","amount":500,"currency":"usd","created":50}]}"#
                    )
                ]
            }, []
        ),
        (
            "a partial capture, whose remainder Stripe calls refunded",
            {
                [
                    try Sample.event(
                        "charge.captured",
                        created: 100,
                        """
                        {"id":"ch_1",\(money),"status":"succeeded","captured":true,"amount_captured":2000,
                        "amount_refunded":500}
                        """
                    )
                ]
            }, []
        ),
        (
            "an authorisation that was let go",
            {
                [
                    try Sample.event(
                        "charge.refunded",
                        """
                        {"id":"ch_1",\(money),"status":"succeeded","captured":false,"amount_refunded":2500,
                        "refunded":true}
                        """
                    )
                ]
            }, []
        ),
        (
            "a refund that failed after the charge was shown",
            {
                [
                    try charge("ch_1", #","amount_refunded":500"#),
                    try Sample.event(
                        "refund.failed",
                        created: 200,
                        #"{"id":"re_1","amount":500,"currency":"usd","created":50,"status":"failed","charge":"ch_1"}"#
                    ),
                ]
            }, []
        ),
        ("an invoice paid since basil", { [try invoice()] }, [.payments(invoice: "in_1")]),
        (
            "an invoice that does not say its version", { [try invoice(version: nil)] },
            [.payments(invoice: "in_1")]
        ),
        ("an invoice before basil that names nothing", { [try invoice(version: "2024-06-20")] }, []),
        (
            "an invoice before basil that names its intent",
            { [try invoice(version: "2024-06-20", #","payment_intent":"pi_1""#)] },
            [object(.paymentIntent, "pi_1")]
        ),
        (
            "an invoice paid outside Stripe",
            { [try invoice(), try invoicePayment(#""type":"payment_record""#)] },
            []
        ),
        (
            "an invoice with its payment and no intent",
            { [try invoice(), try invoicePayment(#""type":"payment_intent","payment_intent":"pi_1""#)] },
            [object(.paymentIntent, "pi_1")]
        ),
        (
            "an invoice with a payment by charge",
            { [try invoice(), try invoicePayment(#""type":"charge","charge":"ch_1""#)] },
            [object(.charge, "ch_1")]
        ),
        (
            "an invoice with a payment that was not made",
            {
                [
                    try invoice(),
                    try invoicePayment(
                        status: "canceled",
                        #""type":"payment_intent","payment_intent":"pi_1""#
                    ),
                ]
            }, [.payments(invoice: "in_1")]
        ),
        (
            "an invoice, its payment and the charge",
            {
                [
                    try invoice(), try charge("ch_1", #","payment_intent":"pi_1""#),
                    try invoicePayment(#""type":"payment_intent","payment_intent":"pi_1""#),
                ]
            }, []
        ),
        (
            "an invoice of nothing",
            {
                [
                    try Sample.event(
                        "invoice.paid",
                        apiVersion: "2025-09-30.clover",
                        #"{"id":"in_1","amount_paid":0,"currency":"usd","created":10,"status":"paid"}"#
                    )
                ]
            }, []
        ),
        ("a payment by a guest", { [try charge("ch_1", #","customer":null"#)] }, []),
    ]

    @Test(arguments: cases.indices)
    func `the missing objects of a payment are fetched, and no others`(index: Int) throws {
        let (what, events, missing) = Self.cases[index]
        #expect(Sample.missing(try events()) == missing, "\(what)")
        #expect(Sample.missing(try events().reversed()) == missing, "\(what), the other way round")
    }

    // MARK: What cannot be put in order

    private static func described(_ text: String, at created: Int64 = 100) throws -> Event {
        try Sample.event(
            "charge.updated",
            created: created,
            """
            {"id":"ch_1",\(money),"status":"succeeded","captured":true,"amount_captured":2500,
            "description":"\(text)","receipt_url":"https://pay.stripe.com/receipts/\(text.count)"}
            """
        )
    }

    @Test func `two states of one second that nothing orders are asked about, in whatever order they came`()
        throws
    {
        let events = [try Self.described("a"), try Self.described("b"), try Self.described("b")]
        for order in [[0, 1], [1, 0], [0, 1, 2], [1, 2, 0], [2, 0, 1]] {
            #expect(Sample.missing(order.map { events[$0] }) == [Self.object(.charge, "ch_1")], "\(order)")
        }
        #expect(Sample.missing([events[1], events[2]]) == [])
    }

    @Test func `a later state settles it, whenever it comes`() throws {
        let (left, right) = (try Self.described("a"), try Self.described("b"))
        let later = try Self.described("c", at: 101)
        for order in [[left, right, later], [later, left, right], [left, later, right]] {
            #expect(Sample.missing(order) == [])
        }
    }

    @Test func `an earlier or a lesser state does not bring it about`() throws {
        let lesser = try Sample.event(
            "charge.pending",
            created: 100,
            #"{"id":"ch_1",\#(Self.money),"status":"pending"}"#
        )
        let earlier = try Self.described("b", at: 99)
        #expect(Sample.missing([try Self.described("a"), lesser, earlier]) == [])
        #expect(Sample.missing([earlier, lesser, try Self.described("a")]) == [])
    }

    @Test func `receipt links that differ are no difference`() throws {
        let other = try Sample.event(
            "charge.updated",
            created: 100,
            """
            {"id":"ch_1",\(Self.money),"status":"succeeded","captured":true,"amount_captured":2500,
            "description":"a","receipt_url":"https://pay.stripe.com/receipts/another"}
            """
        )
        #expect(Sample.missing([try Self.described("a"), other]) == [])
    }

    @Test func `whether it is undecided does not depend on how the records are put together`() throws {
        let events = [
            try Self.described("a"), try Self.described("b"), try Self.described("c", at: 101),
            try Self.described("d", at: 101), try Self.described("e", at: 100),
        ]
        let records = try events.map { event in
            try #require(event.records(receivedAt: Instant(unixSeconds: 0)).first)
        }
        let whole = records.dropFirst().reduce(records[0]) { $0.merging($1) }
        #expect(whole.isAmbiguous)
        for split in 1..<records.count {
            let left = records[1..<split].reduce(records[0]) { $0.merging($1) }
            let right = records[(split + 1)...].reduce(records[split]) { $0.merging($1) }
            #expect(left.merging(right) == whole, "\(split)")
            #expect(right.merging(left) == whole, "\(split)")
        }
        #expect(whole.merging(whole) == whole)
    }

    // MARK: Text

    @Test(
        arguments: ObjectKind.allCases.map { StripeFetchRequest.object(ObjectReference($0, "x_1")) } + [
            .refunds(charge: "x_1"), .payments(invoice: "x_1"), .thinEvent("x_1"),
        ]
    )
    func `a question is kept as text and read back`(question: StripeFetchRequest) {
        #expect(StripeFetchRequest(topic: question.topic, subject: question.subject) == question)
        #expect(StripeFetchRequest(topic: question.topic + "s", subject: "x_1") == nil)
    }
}
