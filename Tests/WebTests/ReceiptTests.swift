import Billing
import StripeStandIn
import Synchronization
import Testing

/// `GET /v1/transactions/{id}/receipt` while Stripe answers.
@Suite(.timeLimit(.minutes(5)))
struct ReceiptTests {
    private static let charge = MadeEvent.charge(
        "ch_a",
        extra: ["receipt_url": "https://pay.stripe.com/receipts/stored"]
    )

    @Test func `a receipt is a redirect to a link that Stripe made just now`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, _ in
            let answer = try await harness.get("/v1/transactions/ch_a/receipt")
            #expect(answer.status == 302)
            let link = answer.headers["Location"] ?? ""
            #expect(link.hasPrefix("https://pay.stripe.com/receipts/acct_standin/ch_a/rcpt_"))
            #expect(answer.body == [])
        }
    }

    @Test func `a receipt is kept by no cache, and tells the next site nothing`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, _ in
            let answer = try await harness.get("/v1/transactions/ch_a/receipt")
            #expect(answer.headers["Cache-Control"] == "no-store")
            #expect(answer.headers["Referrer-Policy"] == "no-referrer")
        }
    }

    @Test func `a link that is opened again and again costs Stripe one question in ten seconds`() async throws
    {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            let path = try await harness.receiptPath("ch_a")
            let first = try await harness.get(path, key: nil).headers["Location"]
            harness.clock.advance(seconds: 9)
            let second = try await harness.get(path, key: nil).headers["Location"]
            #expect(first == second)
            #expect(standIn.count("GET /v1/charges/:id") == 1)
            harness.clock.advance(seconds: 1)
            let third = try await harness.get(path, key: nil).headers["Location"]
            #expect(third != nil && third != first)
            #expect(standIn.count("GET /v1/charges/:id") == 2)
        }
    }

    @Test func `who asks at the same time shares one question to Stripe`() async throws {
        let watched = Mutex<WatchedReceipts?>(nil)
        var settings = WebHarness.Settings()
        settings.watching = { source in
            let watch = WatchedReceipts(source)
            watched.withLock { $0 = watch }
            return watch
        }
        try await WebHarness.withStandIn([Self.charge], settings: settings) { harness, standIn in
            standIn.fail(.held)
            let visits = (0..<20).map { _ in Task { try await harness.get("/v1/transactions/ch_a/receipt") } }
            await watched.withLock { $0 }?.untilAsked(20)
            await standIn.untilHolding(1)
            standIn.release()
            var links: Set<String?> = []
            for visit in visits { links.insert(try await visit.value.headers["Location"]) }
            #expect(links.count == 1)
            #expect(standIn.count("GET /v1/charges/:id") == 1)
        }
    }

    @Test func `a visitor who leaves does not fail those who wait with them`() async throws {
        let watched = Mutex<WatchedReceipts?>(nil)
        var settings = WebHarness.Settings()
        settings.watching = { source in
            let watch = WatchedReceipts(source)
            watched.withLock { $0 = watch }
            return watch
        }
        try await WebHarness.withStandIn([Self.charge], settings: settings) { harness, standIn in
            standIn.fail(.held)
            let leaves = Task { try await harness.get("/v1/transactions/ch_a/receipt") }
            await standIn.untilHolding(1)
            let stays = Task { try await harness.get("/v1/transactions/ch_a/receipt") }
            await watched.withLock { $0 }?.untilAsked(2)
            leaves.cancel()
            _ = await leaves.result
            standIn.release()
            let answer = try await stays.value
            #expect(answer.headers["Location"]?.contains("/ch_a/rcpt_") == true)
        }
    }

    @Test func `a refund leads to the receipt of its charge`() async throws {
        let events = [Self.charge, .refund("re_a", of: "ch_a")]
        try await WebHarness.withStandIn(events) { harness, _ in
            let answer = try await harness.get("/v1/transactions/re_a/receipt")
            #expect(answer.status == 302)
            #expect(answer.headers["Location"]?.contains("/ch_a/rcpt_") == true)
        }
    }

    @Test func `a payment of which only the intent arrived has the receipt of its last charge`() async throws
    {
        let intent = MadeEvent(
            "payment_intent.succeeded",
            id: "evt_i",
            created: FeedSample.ago(60),
            object: [
                "id": "pi_a", "object": "payment_intent", "amount": 2500, "amount_received": 2500,
                "currency": "usd", "created": FeedSample.ago(60).unixSeconds, "status": "succeeded",
                "customer": "cus_one",
            ]
        )
        try await WebHarness.withStandIn([intent]) { harness, standIn in
            try standIn.put(
                #"{"id":"pi_a","object":"payment_intent","status":"succeeded","latest_charge":"ch_late"}"#
            )
            try standIn.put(#"{"id":"ch_late","object":"charge","status":"succeeded","paid":true}"#)
            let answer = try await harness.get("/v1/transactions/pi_a/receipt")
            #expect(answer.headers["Location"]?.contains("/ch_late/rcpt_") == true)
        }
    }

    @Test func `a charge of a connected account is asked for on its behalf`() async throws {
        try await WebHarness.withStandIn([]) { harness, standIn in
            let event = String(decoding: Self.charge.body, as: UTF8.self)
            try await harness.deliver("{\"account\":\"acct_1\"," + event.dropFirst())
            try standIn.put(Self.charge.object, account: "acct_1")
            let answer = try await harness.get("/v1/transactions/ch_a/receipt")
            #expect(answer.headers["Location"]?.contains("/receipts/acct_1/ch_a/") == true)
        }
    }

    // MARK: Invoices

    @Test(arguments: [
        ("in_a", "", "https://invoice.stripe.com/i/acct_standin/in_a/test_"),
        ("in_a", "?format=html", "https://invoice.stripe.com/i/acct_standin/in_a/test_"),
        ("in_a", "?format=pdf", "https://pay.stripe.com/invoice/acct_standin/in_a/test_"),
        ("ch_b", "", "https://pay.stripe.com/receipts/acct_standin/ch_b/rcpt_"),
        ("ch_b", "?format=pdf", "https://pay.stripe.com/invoice/acct_standin/in_b/test_"),
        // There is no other true PDF than an invoice's.
        ("ch_a", "?format=pdf", "https://pay.stripe.com/receipts/acct_standin/ch_a/rcpt_"),
        // Its invoice is gone from Stripe.
        ("ch_c", "?format=pdf", "https://pay.stripe.com/receipts/acct_standin/ch_c/rcpt_"),
    ])
    func `a PDF is the invoice's, where there is one and it is wanted`(
        id: String,
        query: String,
        beginning: String
    ) async throws {
        let events: [MadeEvent] = [
            Self.charge, .outOfBandInvoice("in_a"), .charge("ch_b", extra: ["invoice": "in_b"]),
            .charge("ch_c", extra: ["invoice": "in_c"]),
        ]
        try await WebHarness.withStandIn(events) { harness, standIn in
            try standIn.put(#"{"id":"in_b","object":"invoice","hosted_invoice_url":"https://x"}"#)
            let answer = try await harness.get("/v1/transactions/\(id)/receipt\(query)")
            #expect(
                answer.headers["Location"]?.hasPrefix(beginning) == true,
                "\(answer.headers["Location"] ?? "-")"
            )
        }
    }

    @Test(arguments: ["format=word", "format=PDF", "colour=red", "format=pdf&format=pdf"])
    func `a receipt that cannot be meant is refused`(query: String) async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, _ in
            let answer = try await harness.get("/v1/transactions/ch_a/receipt?\(query)")
            #expect(answer.status == 400)
        }
    }

    // MARK: Where there is none

    @Test(arguments: ["failed", "pending"], ["", "/print"])
    func `a payment that did not succeed has no receipt, and Stripe is not asked`(
        status: String,
        page: String
    ) async throws {
        try await WebHarness.withStandIn([.charge("ch_a", status: status)]) { harness, standIn in
            let answer = try await harness.get("/v1/transactions/ch_a/receipt\(page)")
            #expect(answer.status == 404)
            #expect(answer.errorCode == "receipt_unavailable")
            #expect(standIn.requests.isEmpty)
        }
    }

    @Test(arguments: ["", "/print"])
    func `a payment that does not exist is not found`(page: String) async throws {
        try await WebHarness.withStandIn([]) { harness, _ in
            let answer = try await harness.get("/v1/transactions/ch_nobody/receipt\(page)")
            #expect(answer.status == 404)
            #expect(answer.errorCode == "resource_missing")
        }
    }
}
