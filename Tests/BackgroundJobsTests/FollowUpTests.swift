import Billing
import Storage
import StripeAPI
import StripeStandIn
import TestSupport
import Testing
import BackgroundJobs

/// Each kind of request to Stripe's API is made once, and its answer is recorded in the log.
@Suite(.timeLimit(.minutes(5)))
struct FollowUpTests {
    private static let nothing = FetchSummary(pending: 0, gaveUp: 0, oldestDueAt: nil)

    /// Completes due work, and work that follows from it, until there is none; too many rounds are an error.
    private static func settle(_ harness: JobHarness, rounds: Int = 6) async throws {
        for _ in 0..<rounds {
            harness.clock.advance(seconds: 60)
            if try await harness.fetcher().workOnce() == 0 { return }
        }
        Issue.record("still asking after \(rounds) rounds")
    }

    // MARK: Refunds

    @Test(arguments: [1, 100, 101, 250])
    func `a charge refunded without its refunds gets them, page by page`(count: Int) async throws {
        try await JobHarness.with { harness in
            for number in 0..<count { try harness.standIn.put(Objects.refund("\(number)", amount: 10)) }
            try harness.standIn.put(Objects.refund("other", charge: "ch_2"))
            let charge = Objects.charge(refunded: 10 * count)
            try await harness.record(Objects.event("evt_1", type: "charge.refunded", charge))
            #expect(try await harness.row()?.amountRefunded == Int64(10 * count))
            try await Self.settle(harness)
            let rows = try await harness.store.page(
                TransactionFilter(.anyCustomer, type: .refund),
                cursor: .start,
                limit: 300
            )
            #expect(rows?.elements.count == count)
            #expect(
                rows?.elements.allSatisfy { $0.customer == "cus_1" && $0.paymentIntent == "pi_1" } == true
            )
            #expect(try await harness.row()?.amountRefunded == Int64(10 * count))
            #expect(harness.standIn.count("GET /v1/refunds") == (count + 99) / 100)
            #expect(harness.standIn.requests.allSatisfy { $0.target.contains("charge=ch_1") })
            #expect(try await harness.store.fetches() == Self.nothing)
            #expect(try await harness.store.reprojectAll().changed == 0)
        }
    }

    @Test func `a list cut off in its middle is read again, and no refund counts twice`() async throws {
        try await JobHarness.with { harness in
            for number in 0..<150 { try harness.standIn.put(Objects.refund("\(number)", amount: 10)) }
            let charge = Objects.charge(refunded: 1500)
            try await harness.record(Objects.event("evt_1", type: "charge.refunded", charge))
            harness.standIn.fail(.truncated, times: 1, after: 1)
            harness.clock.advance(seconds: 60)
            #expect(try await harness.fetcher().workOnce() == 1)
            #expect(try await harness.store.fetches().pending == 1)
            try await Self.settle(harness)
            #expect(try await harness.store.count(TransactionFilter(.anyCustomer, type: .refund)) == 150)
            #expect(try await harness.row()?.amountRefunded == 1500)
        }
    }

    @Test func `a list that leads back to where we were is not gone round for ever`() async throws {
        try await JobHarness.with { harness in
            for number in 0..<150 { try harness.standIn.put(Objects.refund("\(number)", amount: 10)) }
            let charge = Objects.charge(refunded: 1500)
            try await harness.record(Objects.event("evt_1", type: "charge.refunded", charge))
            harness.standIn.fail(.ignoresCursor)
            harness.clock.advance(seconds: 60)
            #expect(try await harness.fetcher().workOnce() == 1)
            #expect(harness.standIn.count("GET /v1/refunds") == 2)
            #expect(try await harness.store.fetches().pending == 1)
            #expect(try await harness.store.count(TransactionFilter(.anyCustomer, type: .refund)) == 100)
        }
    }

    @Test func `refunds that Stripe has not are asked for once, and again only when an event tells more`()
        async throws
    {
        try await JobHarness.with { harness in
            let charge = Objects.charge(refunded: 500)
            try await harness.record(Objects.event("evt_1", type: "charge.refunded", charge))
            try await Self.settle(harness)
            #expect(harness.standIn.count("GET /v1/refunds") == 1)
            #expect(try await harness.store.fetches() == Self.nothing)
            try await harness.record(Objects.event("evt_2", type: "charge.updated", charge))
            try await Self.settle(harness)
            #expect(harness.standIn.count("GET /v1/refunds") == 2)
        }
    }

    @Test(arguments: [#""cus_1""#, "null"])
    func `a refund of a charge we never saw becomes a row of its customer, or of a guest`(
        customer: String
    )
        async throws
    {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge(refunded: 500, customer: customer))
            try await harness.record(Objects.event("evt_1", type: "refund.created", Objects.refund("1")))
            #expect(try await harness.row("re_1")?.customer == nil)
            try await Self.settle(harness)
            let refund = try #require(try await harness.row("re_1"))
            #expect(refund.customer == (customer == "null" ? nil : "cus_1"))
            #expect(refund.paymentIntent == "pi_1")
            #expect(refund.paymentMethod?.last4 == "4242")
            let purchase = try #require(try await harness.row("pi_1"))
            #expect(purchase.amountRefunded == 500)
            #expect(harness.standIn.requests.map(\.route) == ["GET /v1/charges/:id"])
            #expect(try await harness.store.fetches() == Self.nothing)
        }
    }

    @Test func `a dispute of a payment we never saw gets it`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            let dispute = """
                {"id":"dp_1","object":"dispute","amount":2500,"currency":"usd","created":1749999999,
                "status":"needs_response","charge":"ch_1"}
                """
            try await harness.record(Objects.event("evt_1", type: "charge.dispute.created", dispute))
            try await Self.settle(harness)
            #expect(try await harness.row("dp_1")?.customer == "cus_1")
            #expect(try await harness.row("pi_1")?.disputed == true)
        }
    }

    // MARK: Invoices

    private static let invoice =
        #"{"id":"in_1","object":"invoice","amount_paid":2500,"currency":"usd","#
        + #""created":1749999995,"status":"paid","customer":"cus_1"}"#

    @Test func `an invoice since basil is put together with its payment`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(
                Objects.invoicePayment(paidBy: #""type":"payment_intent","payment_intent":"pi_1""#)
            )
            try harness.standIn.put(Objects.intent())
            try harness.standIn.put(Objects.charge())
            try await harness.record(Objects.event("evt_1", type: "invoice.paid", Self.invoice))
            try await Self.settle(harness)
            let row = try #require(try await harness.row("pi_1"))
            #expect(row.invoice == "in_1")
            #expect(row.paymentMethod?.last4 == "4242")
            #expect(try await harness.store.count(TransactionFilter(.anyCustomer)) == 1)
            #expect(
                harness.standIn.requests.map(\.route)
                    == ["GET /v1/invoice_payments", "GET /v1/payment_intents/:id"]
            )
            #expect(try await harness.store.fetches() == Self.nothing)
        }
    }

    @Test func `an invoice that was paid outside Stripe becomes a row of its own`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(
                Objects.invoicePayment(paidBy: #""type":"payment_record","payment_record":"pr_1""#)
            )
            try await harness.record(Objects.event("evt_1", type: "invoice.paid", Self.invoice))
            #expect(try await harness.store.count(TransactionFilter(.anyCustomer)) == 0)
            try await Self.settle(harness)
            #expect(try await harness.row("in_1")?.amount == 2500)
        }
    }

    @Test func `an invoice whose list of payments is empty and complete was paid outside Stripe`()
        async throws
    {
        try await JobHarness.with { harness in
            try harness.standIn.put(Self.invoice)
            try await harness.record(Objects.event("evt_1", type: "invoice.paid", Self.invoice))
            #expect(try await harness.store.count(TransactionFilter(.anyCustomer)) == 0)
            try await Self.settle(harness)
            let row = try #require(try await harness.row("in_1"))
            #expect(row.amount == 2500 && row.status == "succeeded" && row.paymentIntent == nil)
            #expect(row.paymentMethod?.type == "out_of_band")
            #expect(try await harness.store.count(TransactionFilter(.anyCustomer)) == 1)
            #expect(
                harness.standIn.requests.map(\.route) == ["GET /v1/invoice_payments", "GET /v1/invoices/:id"]
            )
            #expect(try await harness.store.fetches() == Self.nothing)
            #expect(try await harness.store.reprojectAll().changed == 0)
        }
    }

    @Test func `a payment that comes by itself in time costs no request`() async throws {
        try await JobHarness.with { harness in
            try await harness.record(Objects.event("evt_1", type: "invoice.paid", Self.invoice))
            try await harness.record(Objects.event("evt_2", Objects.intent()))
            try await harness.record(Objects.event("evt_3", type: "charge.succeeded", Objects.charge()))
            harness.clock.advance(seconds: 20)
            #expect(try await harness.fetcher().workOnce() == 0)
            let payment = Objects.invoicePayment(paidBy: #""type":"payment_intent","payment_intent":"pi_1""#)
            try await harness.record(Objects.event("evt_4", type: "invoice_payment.paid", payment))
            try await Self.settle(harness)
            #expect(harness.standIn.requests.isEmpty)
        }
    }

    // MARK: What cannot be put in order

    @Test func `two states of one second are settled by asking which is so`() async throws {
        try await JobHarness.with { harness in
            func described(_ text: String) -> String {
                Objects.charge().replacing(
                    "\"object\":\"charge\"",
                    with: "\"object\":\"charge\",\"description\":\"\(text)\""
                )
            }
            try harness.standIn.put(described("truth"))
            try await harness.record(Objects.event("evt_1", type: "charge.updated", described("truth")))
            try await harness.record(Objects.event("evt_2", type: "charge.updated", described("zombie")))
            #expect(try await harness.row()?.description == "zombie")
            try await Self.settle(harness)
            #expect(try await harness.row()?.description == "truth")
            #expect(harness.standIn.count("GET /v1/charges/:id") == 1)
            #expect(try await harness.store.reprojectAll().changed == 0)
            // It is final: neither a rebuild nor a repetition of either event fetches again.
            for id in ["evt_1", "evt_2"] { _ = try await harness.store.reproject(eventID: id) }
            try await harness.record(Objects.event("evt_3", type: "charge.updated", described("zombie")))
            try await Self.settle(harness)
            #expect(harness.standIn.count("GET /v1/charges/:id") == 1)
            #expect(try await harness.row()?.description == "truth")
        }
    }

    @Test func `fetched objects are ordered among the events by Stripe's clock, not ours`()
        async throws
    {
        // Ours is an hour ahead.
        try await JobHarness.with(.init(key: JobHarness.key, dateSkewSeconds: -3600)) { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.recordIntent()
            try await Self.settle(harness)
            #expect(try await harness.row()?.amountRefunded == 0)
            let refunded = Objects.charge(refunded: 500)
            try await harness.record(Objects.event("evt_later", type: "charge.refunded", refunded))
            #expect(try await harness.row()?.amountRefunded == 500)
        }
    }

    // MARK: Modes and accounts

    @Test func `a live refund that is fetched is live`() async throws {
        let key = "sk_live_upkeepcanary"
        try await JobHarness.with(.init(key: key), livemode: true) { harness in
            try harness.standIn.put(Objects.refund("1"))
            let charge = Objects.charge(refunded: 500)
            try await harness.record(Objects.event("evt_1", type: "charge.refunded", charge, livemode: true))
            try await Self.settle(harness)
            #expect(try await harness.row("re_1")?.livemode == true)
            #expect(try await harness.store.fetches() == Self.nothing)
        }
    }

    @Test func `every follow-up is asked on behalf of the account it is about`() async throws {
        try await JobHarness.with(.init(key: JobHarness.key, connectedAccounts: ["acct_1"])) {
            harness in
            for object in [
                Objects.refund("1"), Objects.refund("2"), Objects.charge(refunded: 1000), Objects.intent(),
                Objects.invoicePayment(paidBy: #""type":"payment_intent","payment_intent":"pi_1""#),
            ] { try harness.standIn.put(object, account: "acct_1") }
            try await harness.record(
                Objects.event("evt_1", type: "invoice.paid", Self.invoice, account: "acct_1")
            )
            try await Self.settle(harness)
            #expect(harness.standIn.requests.count == 3)
            #expect(harness.standIn.requests.allSatisfy { $0.account == "acct_1" })
            let rows = try #require(
                try await harness.store.page(TransactionFilter(.anyCustomer), cursor: .start, limit: 9)
            )
            #expect(Set(rows.elements.map(\.id)) == ["pi_1", "re_1", "re_2"])
            #expect(rows.elements.allSatisfy { $0.account == "acct_1" })
        }
    }

    @Test func `an account that our key may not see is given up at once, and says why`() async throws {
        try await JobHarness.with(.init(key: JobHarness.key, connectedAccounts: [])) { harness in
            try await harness.recordIntent(account: "acct_1")
            try await Self.settle(harness)
            #expect(try await harness.store.fetches().gaveUp == 1)
            #expect(harness.standIn.requests.count == 1)
            #expect(harness.log.lines.contains { $0.contains("account_invalid") && $0.contains("acct_1") })
        }
    }

    @Test func `an object of the other mode is given up at once`() async throws {
        try await JobHarness.with(.init(key: "sk_live_upkeepcanary")) { harness in
            let charge = Objects.charge().replacing("{\"id\"", with: "{\"livemode\":false,\"id\"")
            try harness.standIn.put(charge)
            try await harness.recordIntent()
            try await Self.settle(harness)
            #expect(try await harness.store.fetches().gaveUp == 1)
            #expect(harness.standIn.requests.count == 1)
        }
    }

    @Test func `a permission that the key lacks is waited for, less and less eagerly`() async throws {
        let key = APIKey("rk_test_upkeep", permissions: ["rak_event_read"])
        let configuration = StripeStandIn.Configuration(furtherKeys: [key])
        try await StripeStandIn.with(configuration) { standIn in
            try await JobHarness.with { harness in
                try await withStripe(standIn, key: key.text) { stripe in
                    let fetcher = harness.fetcher(asking: stripe)
                    try await harness.recordIntent()
                    var waits: [Int64] = []
                    for _ in 1...8 {
                        #expect(try await fetcher.workOnce() == 1)
                        let work = try await harness.store.fetches()
                        #expect(work.pending == 1 && work.gaveUp == 0)
                        let wait = try #require(work.oldestDueAt).seconds(since: harness.clock.now)
                        waits.append(wait)
                        harness.clock.advance(seconds: wait)
                    }
                    #expect(waits == waits.sorted() && waits[0] >= 60 && waits[7] > waits[0])
                    #expect(waits[7] == waits[6] && waits[7] <= 86_400, "not for ever: \(waits)")
                    #expect(harness.log.lines.contains { $0.contains("rak_charge_read") })
                }
            }
        }
    }
}
