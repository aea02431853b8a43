import Billing
import StripeStandIn
import Testing

/// `GET /v1/transactions/{id}/receipt` while Stripe does not answer, or answers what we will not follow: never
/// a dead end.
@Suite(.timeLimit(.minutes(5)))
struct ReceiptFallbackTests {
    private static let stored = "https://pay.stripe.com/receipts/stored"

    private static let faults: [(fault: Fault, timeout: Duration)] = [
        (.held, .milliseconds(150)), (.down, .seconds(20)),
        (.rateLimited(reason: "global-rate"), .seconds(20)),
        (.serverError(shouldRetry: true), .seconds(20)), (.expiredKey, .seconds(20)),
        (.garbage, .seconds(20)), (.truncated, .seconds(20)), (.endless, .seconds(20)),
        (.wrongObject, .seconds(20)), (.noReceipt, .seconds(20)), (.foreignReceipt, .seconds(20)),
    ]

    private static func charge(link: String? = stored, age: Int64 = 3600) -> MadeEvent {
        .charge(
            "ch_a",
            created: FeedSample.ago(age),
            extra: link.map { ["receipt_url": $0] } ?? [:]
        )
    }

    @Test(arguments: faults)
    func `a stored link that is young is used instead`(fault: Fault, timeout: Duration) async throws {
        try await WebHarness.withStandIn([Self.charge()], totalTimeout: timeout) { harness, standIn in
            standIn.fail(fault)
            let answer = try await harness.get("/v1/transactions/ch_a/receipt")
            #expect(answer.status == 302)
            #expect(answer.headers["Location"] == Self.stored)
            #expect(answer.headers["Cache-Control"] == "no-store")
            #expect(answer.headers["Referrer-Policy"] == "no-referrer")
        }
    }

    @Test(arguments: faults)
    func `where no link is young enough, our own page is the receipt`(
        fault: Fault,
        timeout: Duration
    )
        async throws
    {
        let old = Self.charge(age: 30 * 86_400)
        try await WebHarness.withStandIn([old], totalTimeout: timeout) { harness, standIn in
            standIn.fail(fault)
            let answer = try await harness.get("/v1/transactions/ch_a/receipt")
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "text/html; charset=utf-8")
            #expect(answer.text.contains("$25.00"))
        }
    }

    @Test func `after the trouble the receipt is Stripe's again`() async throws {
        try await WebHarness.withStandIn([Self.charge()]) { harness, standIn in
            standIn.fail(.down, times: 1)
            _ = try await harness.get("/v1/transactions/ch_a/receipt")
            let answer = try await harness.get("/v1/transactions/ch_a/receipt")
            #expect(answer.headers["Location"]?.contains("/rcpt_") == true)
        }
    }

    @Test func `a stored link is young for ten days and not a second longer`() async throws {
        var settings = WebHarness.Settings()
        settings.receipts = ScriptedReceipts(failure: "Stripe is down")
        try await WebHarness.with(settings) { harness in
            try await harness.deliver([Self.charge(age: 10 * 86_400 - 1)])
            let young = try await harness.get("/v1/transactions/ch_a/receipt")
            harness.clock.advance(seconds: 1)
            let old = try await harness.get("/v1/transactions/ch_a/receipt")
            #expect([young.status, old.status] == [302, 200])
        }
    }

    @Test(arguments: [
        "https://evil.example.com/receipts/x", "https://pay.stripe.com.evil.example.com/x",
        "https://pay.stripe.com@evil.example.com/x", "http://pay.stripe.com/receipts/x",
        "https://pay.stripe.com:8443/x", "javascript:alert(1)", "//evil.example.com/x",
        "https://pay.stripe.com\\@evil.example.com/", "https://pay.stripe.com/x\r\nSet-Cookie: a=b", "",
        "https://evil.example.com#https://pay.stripe.com/",
    ])
    func `a link to anywhere else is never followed`(link: String) async throws {
        var settings = WebHarness.Settings()
        settings.receipts = ScriptedReceipts(failure: "Stripe is down")
        try await WebHarness.with(settings) { harness in
            try await harness.deliver([Self.charge(link: link)])
            let answer = try await harness.get("/v1/transactions/ch_a/receipt")
            #expect(answer.status == 200)
            #expect(answer.headers["Location"] == nil)
        }
    }

    @Test func `without a key for Stripe's API the stored link serves`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([Self.charge()])
            let answer = try await harness.get("/v1/transactions/ch_a/receipt")
            #expect(answer.headers["Location"] == Self.stored)
        }
    }

    @Test func `an invoice paid outside Stripe has our page too`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.outOfBandInvoice("in_a")])
            let answer = try await harness.get("/v1/transactions/in_a/receipt?format=pdf")
            #expect(answer.status == 200)
            #expect(answer.text.contains("$99.00"))
        }
    }
}
