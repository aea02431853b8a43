import Billing
import Scenarios
import Storage
import Testing

/// Credits in the feed: what was given is a row, counted once, and the rows add up to the balance.
@Suite(.timeLimit(.minutes(5)))
struct CreditRowTests {
    private static let day: Int64 = 86_400

    private func give(_ fields: String, to harness: WebHarness) async throws {
        let body = #"{"customer":"cus_one","currency":"usd",\#(fields)}"#
        let answer = try await harness.post("/v1/credits", Array(body.utf8), key: .usage)
        #expect(answer.status == 200, "\(answer.text)")
    }

    private func balance(_ harness: WebHarness) async throws -> ReceivedJSON? {
        try await harness.get("/v1/balance?customer=cus_one").json["balances"]?[0]
    }

    // MARK: A credit that names an invoice

    /// Console's manual credit is an invoice paid outside Stripe (`topUpWithInvoice` in akash-network/console).
    @Test(arguments: [true, false])
    func `a credit that names an invoice is its only row, in any order`(isInvoiceFirst: Bool) async throws {
        try await WebHarness.with { harness in
            if isInvoiceFirst { try await harness.deliver([.outOfBandInvoice("in_1")]) }
            try await give(#""id":"m","kind":"manual","amount":9900,"invoice":"in_1""#, to: harness)
            if !isInvoiceFirst { try await harness.deliver([.outOfBandInvoice("in_1")]) }

            let rows = try await harness.get("/v1/transactions?customer=cus_one").rows
            #expect(rows.map { $0["id"] } == ["in_1"] && rows.map { $0["type"] } == ["credit"])
            #expect(rows[0]["kind"] == "manual" && rows[0]["status"] == "granted")
            #expect(rows[0]["receipt"]?["available"] == false)
            let dollars = try await balance(harness)
            #expect(dollars?["purchases"] == "0" && dollars?["credits"] == "99")
            #expect(dollars?["balance"] == "99")
            let console = try await harness.get("/v1/stripe/transactions?customer=cus_one").json["data"]
            #expect(console?["totalCount"] == 1)
            #expect(console?["transactions"]?[0]?["type"] == "manual_credit")
        }
    }

    @Test func `two credits of one invoice are one row`() async throws {
        try await WebHarness.with { harness in
            try await give(#""id":"in_1","kind":"manual","amount":500"#, to: harness)
            try await give(#""id":"a","kind":"manual","amount":500,"invoice":"in_1""#, to: harness)
            #expect(try await harness.get("/v1/transactions?customer=cus_one").rows.count == 1)
            #expect(try await balance(harness)?["credits"] == "5")
        }
    }

    /// Whichever came first: the row is the customer's whose invoice it is.
    @Test(arguments: [true, false])
    func `a credit cannot take another customer's invoice`(isInvoiceFirst: Bool) async throws {
        try await WebHarness.with { harness in
            let credit =
                #"{"id":"m","customer":"cus_two","kind":"manual","amount":1,"currency":"usd","invoice":"in_1"}"#
            if isInvoiceFirst { try await harness.deliver([.outOfBandInvoice("in_1")]) }
            let answer = try await harness.post("/v1/credits", Array(credit.utf8), key: .usage)
            #expect(answer.status == (isInvoiceFirst ? 409 : 200))
            if !isInvoiceFirst { try await harness.deliver([.outOfBandInvoice("in_1")]) }
            let rows = try await harness.get("/v1/transactions").rows
            #expect(rows.map { $0["id"] } == ["in_1"] && rows.map { $0["customer"] } == ["cus_one"])
            #expect(rows[0]["type"] == "purchase" && rows[0]["amount"] == 9900)
        }
    }

    @Test func `a credit of an invoice that was paid through Stripe is that payment`() async throws {
        try await WebHarness.with { harness in
            try await give(#""id":"m","kind":"coupon","amount":800,"invoice":"in_1""#, to: harness)
            try await harness.deliver([.charge("ch_1", amount: 800, extra: ["invoice": "in_1"])])
            let rows = try await harness.get("/v1/transactions").rows
            #expect(rows.map { $0["id"] } == ["ch_1"])
            #expect(try await balance(harness)?["balance"] == "8")
        }
    }

    @Test func `a second credit of an invoice is another's, or the same`() async throws {
        try await WebHarness.with { harness in
            try await give(#""id":"z","kind":"manual","amount":500,"invoice":"in_1""#, to: harness)
            for (fields, status) in [
                (#""id":"a","customer":"cus_one","amount":500"#, 200),
                (#""id":"b","customer":"cus_one","amount":501"#, 409),
                (#""id":"c","customer":"cus_two","amount":500"#, 409),
            ] {
                let body = "{\(fields),\"kind\":\"manual\",\"currency\":\"usd\",\"invoice\":\"in_1\"}"
                let answer = try await harness.post("/v1/credits", Array(body.utf8), key: .usage)
                #expect(answer.status == status, "\(answer.text)")
            }
            let rows = try await harness.get("/v1/transactions").rows
            #expect(rows.map { $0["customer"] } == ["cus_one"] && rows.map { $0["amount"] } == [500])
        }
    }

    @Test func `a webhook gives no credit`() async throws {
        try await WebHarness.with { harness in
            let credit = MadeEvent(
                "credit.given",
                id: "evt_forged",
                created: TestClock.start,
                object: [
                    "id": "a", "customer": "cus_one", "kind": "trial", "amount": 5, "currency": "usd",
                    "created": TestClock.start.unixSeconds,
                ]
            )
            try await harness.deliver([credit])
            #expect(try await harness.get("/v1/transactions").rows.isEmpty)
            #expect(try await harness.store.reprojectAll().transactions == 0)
        }
    }

    @Test(arguments: [nil, true, false] as [Bool?])
    func `a credit stays when the service changes its mode`(livemode: Bool?) throws {
        let credit = Credit(
            id: "a",
            customer: "cus_one",
            kind: .trial,
            money: Money(minorUnits: 5, currency: .usd),
            created: TestClock.start,
            description: nil
        )
        let event = try IncomingEvent(
            parsing: credit.event(livemode: false),
            receivedAt: TestClock.start,
            source: .api
        ).under(ProjectionPolicy(livemode: livemode))
        #expect(event.disposition == .projected && event.records.count == 1)
    }

    // MARK: A bonus

    /// A payment with a bonus of 10 %, in all orders of its three events.
    @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
    func `a bonus is taken back whole when its payment is refunded whole`(order: [Int]) async throws {
        let refunded = TestClock.start.adding(seconds: -Self.day)
        let charge = MadeEvent.charge(
            "ch_1",
            created: TestClock.start.adding(seconds: -2 * Self.day),
            extra: ["payment_intent": "pi_1"]
        )
        let refund = MadeEvent.refund("re_1", of: "ch_1", amount: 2500, created: refunded)
        let given = TestClock.start.adding(seconds: -2 * Self.day).unixSeconds
        try await WebHarness.with { harness in
            for step in order {
                switch step {
                case 0: try await harness.deliver([charge])
                case 1: try await harness.deliver([refund])
                default:
                    try await give(
                        #""id":"b","kind":"bonus","amount":250,"payment_intent":"pi_1","created":\#(given)"#,
                        to: harness
                    )
                }
            }
            let rows = try await harness.get("/v1/transactions?customer=cus_one").rows
            let ids = rows.compactMap { $0["id"]?.string }
            #expect(Set(ids) == ["pi_1", "re_1", "b", "b_revoked"])
            let credits = rows.filter { $0["type"] == "credit" }
            #expect(credits.map { $0["amount"] } == [-250, 250])
            #expect(credits.allSatisfy { $0["status"] == "revoked" && $0["kind"] == "bonus" })
            #expect(rows.first { $0["id"] == "pi_1" }?["bonus"] == 0)
            let days = try await harness.get(
                "/v1/balance/history?customer=cus_one&from=2026-03-12&to=2026-03-14"
            ).rows
            #expect(days.map { $0["closing"] } == ["27.5", "0", "0"])
        }
    }

    @Test func `a bonus stays when a part is refunded, and Console's row has it`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([
                .charge("ch_1", extra: ["payment_intent": "pi_1"]), .refund("re_1", of: "ch_1", amount: 2499),
            ])
            try await give(#""id":"b","kind":"bonus","amount":250,"payment_intent":"pi_1""#, to: harness)
            let rows = try await harness.get("/v1/transactions?customer=cus_one").rows
            #expect(rows.first { $0["id"] == "pi_1" }?["bonus"] == 250)
            #expect(rows.first { $0["id"] == "b" }?["status"] == "granted")
            #expect(try await balance(harness)?["balance"] == "2.51")
            let console = try await harness.get("/v1/stripe/transactions?customer=cus_one").json["data"]
            #expect(console?["totalCount"] == 1 && console?["hasMore"] == false)
            #expect(console?["transactions"]?[0]?["bonusAmount"] == 250)
            let table = try await harness.get(
                "/v1/transactions/export?customer=cus_one&format=csv&type=purchase"
            ).csv
            #expect(table.column("Bonus") == ["2.50"] && table.column("Credit Kind") == [""])
        }
    }

    // MARK: The balance

    /// Stripe tells of the success of a bank debit days after the payment was made
    /// (https://docs.stripe.com/payments/ach-direct-debit).
    @Test(arguments: [true, false])
    func `a bank debit counts from the day on which it succeeded`(hasIntent: Bool) async throws {
        let made = TestClock.start.adding(seconds: -2 * Self.day)
        let paid = TestClock.start.adding(seconds: -3600)
        let charge = MadeEvent.charge("ch_1", created: made, observedAt: paid)
        let intent = MadeEvent(
            "payment_intent.succeeded",
            id: "evt_pi",
            created: paid,
            object: [
                "id": "pi_1", "object": "payment_intent", "amount": 2500, "amount_received": 2500,
                "currency": "usd", "created": made.unixSeconds, "customer": "cus_one", "status": "succeeded",
            ]
        )
        try await WebHarness.with { harness in
            try await harness.deliver([hasIntent ? intent : charge])
            let row = try await harness.get("/v1/transactions?customer=cus_one").rows.first
            #expect(row?["succeeded_at"] == .integer(paid.unixSeconds))
            #expect(row?["created"] == .integer(made.unixSeconds))
            let days = try await harness.get(
                "/v1/balance/history?customer=cus_one&from=2026-03-12&to=2026-03-14"
            ).rows
            #expect(days.map { $0["purchases"] } == ["0", "0", "25"])
        }
    }

    @Test(arguments: 1...8)
    func `the rows of a customer add up to the balance, whatever happened`(seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed))
        try await WebHarness.with { harness in
            for number in 0..<12 {
                let amount = Int64.random(in: 100...9000, using: &random)
                let refunded = Bool.random(using: &random) ? amount : amount / 2
                var events = [
                    MadeEvent.charge(
                        "ch_\(number)",
                        amount: amount,
                        extra: ["payment_intent": "pi_\(number)"]
                    )
                ]
                if Bool.random(using: &random) {
                    events.append(.refund("re_\(number)", of: "ch_\(number)", amount: refunded))
                }
                if Bool.random(using: &random) {
                    events.append(.outOfBandInvoice("in_\(number)", amount: amount))
                }
                if Bool.random(using: &random) {
                    events.append(.couponInvoice("in_c\(number)", amount: amount))
                }
                let credits = [
                    #""id":"b\#(number)","kind":"bonus","amount":\#(amount / 10),"payment_intent":"pi_\#(number)""#,
                    #""id":"in_\#(number)","kind":"manual","amount":\#(amount)"#,
                    #""id":"in_c\#(number)","kind":"coupon","amount":\#(amount)"#,
                    #""id":"g\#(number)","kind":"goodwill","amount":\#(-amount)"#,
                ].filter { _ in Bool.random(using: &random) }
                for event in events.shuffled(using: &random) { try await harness.deliver([event]) }
                for credit in credits { try await give(credit, to: harness) }
            }
            var sum: Int64 = 0
            var cursor = ""
            while true {
                let page = try await harness.get("/v1/transactions?customer=cus_one&limit=7\(cursor)")
                for row in try page.rows {
                    let amount = row["amount"]?.integer ?? 0
                    sum += row["type"] == "refund" ? -amount : amount
                }
                guard page.json["has_more"] == true, let last = try page.rows.last?["id"]?.string else {
                    break
                }
                cursor = "&starting_after=\(last)"
            }
            let expected = Money(minorUnits: sum, currency: .usd).display
            #expect(try await balance(harness)?["balance_display"] == .string(expected))
            let before = try await harness.get("/v1/transactions?customer=cus_one&limit=100").rows
            #expect(try await harness.store.reprojectAll().changed == 0)
            #expect(try await harness.get("/v1/transactions?customer=cus_one&limit=100").rows == before)
        }
    }

    // MARK: What is refused

    @Test(arguments: [
        #""invoice":"pi_1""#, #""invoice":"welcome""#, #""payment_intent":"ch_1""#, #""invoice":"""#,
        #""created":4102444800"#,
    ])
    func `a credit names only invoices and payments of Stripe's, and none of the future`(
        field: String
    )
        async throws
    {
        try await WebHarness.with { harness in
            let body =
                #"{"id":"a","customer":"cus_one","kind":"bonus","amount":1,"currency":"usd",\#(field)}"#
            let answer = try await harness.post("/v1/credits", Array(body.utf8), key: .usage)
            #expect(answer.status == 400, "\(answer.text)")
        }
    }

    @Test(arguments: [
        "pi_1", "ch_1", "py_1", "re_1", "pyr_1", "dp_1", "du_1", "in_1_credit", "kx_revoked",
    ])
    func `a credit cannot take the id of another row`(id: String) async throws {
        try await WebHarness.with { harness in
            let body = #"{"id":"\#(id)","customer":"cus_one","kind":"trial","amount":1,"currency":"usd"}"#
            let answer = try await harness.post("/v1/credits", Array(body.utf8), key: .usage)
            #expect(answer.status == 400 && answer.text.contains("choose another id"), "\(answer.text)")
        }
    }

    @Test func `a credit has at most 240 characters in its id`() async throws {
        try await WebHarness.with { harness in
            for (length, status) in [(240, 200), (241, 400)] {
                let id = String(repeating: "x", count: length)
                let body = #"{"id":"\#(id)","customer":"cus_one","kind":"trial","amount":1,"currency":"usd"}"#
                let answer = try await harness.post("/v1/credits", Array(body.utf8), key: .usage)
                #expect(answer.status == status, "\(answer.text)")
            }
            let event = "evt_credit_" + String(repeating: "x", count: 240)
            #expect(try await harness.get("/v1/events/\(event)", key: .ops).status == 200)
        }
    }
}
