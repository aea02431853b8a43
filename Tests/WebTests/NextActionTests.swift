import Billing
import HTTPClient
import StripeStandIn
import Testing

@testable import Web

/// `GET /v1/transactions/{id}/next_action`: to the page of Stripe's on which a customer completes a payment.
@Suite(.timeLimit(.minutes(5)))
struct NextActionTests {
    private static let told = "https://payments.stripe.com/oxxo/voucher/told"
    private static let fresh = "https://payments.stripe.com/oxxo/voucher/fresh"
    private static let path = "/v1/transactions/pi_a/next_action"
    private static let browser = [TransportHeader("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]

    /// Runs `body` while the payment waits according to the events, and Stripe has it as `now`.
    private func whileWaiting(
        stripe now: MadeEvent = .waiting("pi_a", voucher: fresh),
        settings: WebHarness.Settings = WebHarness.Settings(),
        totalTimeout: Duration = .seconds(20),
        _ body: (WebHarness, StripeStandIn) async throws -> Void
    ) async throws {
        let events = [MadeEvent.waiting("pi_a")]
        try await WebHarness.withStandIn(events, settings: settings, totalTimeout: totalTimeout) {
            harness,
            standIn in
            try standIn.put(now.object)
            try await body(harness, standIn)
        }
    }

    // MARK: While Stripe answers

    @Test func `it leads to the page that Stripe has for the payment now`() async throws {
        try await whileWaiting { harness, standIn in
            let row = try await harness.get("/v1/transactions/pi_a").json
            #expect(row["next_action"]?["url"]?.string == Self.told)
            let answer = try await harness.get(Self.path)
            #expect(answer.status == 302 && answer.body == [])
            #expect(answer.headers["Location"] == Self.fresh)
            #expect(answer.headers["Cache-Control"] == "no-store")
            #expect(answer.headers["Referrer-Policy"] == "no-referrer")
            #expect(standIn.count("GET /v1/payment_intents/:id") == 1)
        }
    }

    @Test(arguments: ["succeeded", "processing", "canceled", "requires_payment_method"])
    func `a payment that no longer waits has nothing left to do`(status: String) async throws {
        try await whileWaiting(stripe: .waiting("pi_a", status: status)) { harness, _ in
            let answer = try await harness.get(Self.path)
            #expect(answer.status == 404 && answer.errorCode == "next_action_none")
            let page = try await harness.get(Self.path, headers: Self.browser)
            #expect(page.status == 404 && page.headers["Content-Type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("Nothing left to do") && page.text.contains("href=\"/billing\""))
            #expect(page.headers["Location"] == nil)
        }
    }

    @Test(arguments: [
        "https://evil.example.com/x", "https://stripe.com.evil.example.com/x",
        "https://pay.stripe.com@evil.example.com/x", "http://pay.stripe.com/x",
        "https://pay.stripe.com:8443/x", "javascript:alert(1)", "//evil.example.com/x",
        "https://payments.stripe.com\\@evil.example.com/", "https://pay.stripe.com/x\r\nSet-Cookie: a=b",
    ])
    func `an address anywhere else is never followed`(address: String) async throws {
        let event = MadeEvent.waiting("pi_a", voucher: address)
        try await WebHarness.withStandIn([event]) { harness, standIn in
            let answer = try await harness.get(Self.path)
            #expect(answer.status == 404 && answer.errorCode == "next_action_no_page")
            standIn.fail(.down)
            let stored = try await harness.get(Self.path)
            #expect(stored.status == 503 && stored.headers["Location"] == nil)
        }
    }

    @Test func `what does not wait is not asked of Stripe`() async throws {
        let events = [
            MadeEvent.charge("ch_a"), .refund("re_a", of: "ch_a", status: "requires_action"),
        ]
        try await WebHarness.withStandIn(events) { harness, standIn in
            let purchase = try await harness.get("/v1/transactions/ch_a/next_action")
            #expect(purchase.status == 404 && purchase.errorCode == "next_action_none")
            let refund = try await harness.get("/v1/transactions/re_a/next_action")
            #expect(refund.status == 404 && refund.errorCode == "next_action_no_page")
            #expect(standIn.requests.isEmpty)
        }
    }

    // MARK: While it does not

    @Test(
        arguments: [
            (.held, .milliseconds(150)), (.down, .seconds(20)), (.garbage, .seconds(20)),
            (.wrongObject, .seconds(20)), (.expiredKey, .seconds(20)),
            (.serverError(shouldRetry: nil), .seconds(20)),
        ] as [(Fault, Duration)]
    )
    func `the URL from an event is used instead`(fault: Fault, timeout: Duration) async throws {
        try await whileWaiting(totalTimeout: timeout) { harness, standIn in
            standIn.fail(fault)
            let answer = try await harness.get(Self.path)
            #expect(answer.status == 302 && answer.headers["Location"] == Self.told)
            #expect(answer.headers["Cache-Control"] == "no-store")
            #expect(answer.headers["Referrer-Policy"] == "no-referrer")
        }
    }

    @Test func `without a URL from an event, the answer has Retry-After`() async throws {
        try await WebHarness.withStandIn([.waiting("pi_a", voucher: nil)]) { harness, standIn in
            standIn.fail(.down)
            let answer = try await harness.get(Self.path)
            #expect(answer.status == 503 && answer.errorCode == "stripe_unavailable")
            #expect(answer.headers["Retry-After"] == "60")
            let page = try await harness.get(Self.path, headers: Self.browser)
            #expect(page.status == 503 && page.headers["Retry-After"] == "60")
            #expect(page.text.contains("Just a moment"))
        }
    }

    @Test func `without a key for Stripe's API the URL from an event is used`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.waiting("pi_a"), .waiting("pi_b", voucher: nil)])
            let answer = try await harness.get(Self.path)
            #expect(answer.status == 302 && answer.headers["Location"] == Self.told)
            let none = try await harness.get("/v1/transactions/pi_b/next_action")
            #expect(none.status == 503 && none.errorCode == "stripe_not_configured")
        }
    }

    // MARK: Who may

    @Test func `a link opens its target and nothing else`() async throws {
        try await whileWaiting { harness, _ in
            try await harness.deliver([.charge("ch_a")])
            func query(_ id: String, _ purpose: TransactionLink.Purpose) -> String {
                "?" + harness.settings.linkSigner.query(.ofSample(id, for: purpose), now: harness.clock.now)
            }
            let receipt = "/v1/transactions/ch_a/receipt/print"
            for (path, status) in [
                (Self.path + query("pi_a", .nextAction), 302), (Self.path + query("pi_a", .receipt), 403),
                (Self.path + query("ch_a", .nextAction), 403), (receipt + query("ch_a", .receipt), 200),
                (receipt + query("ch_a", .nextAction), 403),
            ] { #expect(try await harness.get(path, key: nil).status == status, "\(path)") }
        }
    }

    @Test func `a customer's cookie opens their own`() async throws {
        try await whileWaiting { harness, _ in
            let own = harness.cookie(harness.sessionToken("cus_one"))
            let theirs = try await harness.get(Self.path, key: nil, headers: [own])
            let other = harness.cookie(harness.sessionToken("cus_two"))
            let foreign = try await harness.get(Self.path, key: nil, headers: [other])
            #expect([theirs.status, foreign.status] == [302, 404])
            #expect(theirs.headers["Location"] == Self.fresh)
        }
    }

    @Test func `who comes with a browser and may not is shown the way in`() async throws {
        try await whileWaiting { harness, _ in
            let over = [harness.cookie(harness.sessionToken(age: 3600))]
            let ended = try await harness.get(Self.path, key: nil, headers: Self.browser + over)
            #expect(ended.status == 401 && ended.text.contains("Your session has ended"))
            let nobody = try await harness.get(Self.path, key: nil, headers: Self.browser)
            #expect(nobody.status == 401 && nobody.text.contains("Open this page from your account"))
            let expired = try await harness.get(
                Self.path + "?expires=1&signature=0",
                key: nil,
                headers: Self.browser
            )
            #expect(expired.status == 403 && expired.text.contains("This cannot be opened"))
            #expect([ended, nobody, expired].allSatisfy { $0.text.hasPrefix("<!DOCTYPE html>") })
        }
    }

    @Test func `neither address is in the log`() async throws {
        let recorder = LogRecorder()
        var settings = WebHarness.Settings()
        settings.logger = recorder.logger
        try await whileWaiting(settings: settings) { harness, standIn in
            let query = harness.settings.linkSigner.query(
                .ofSample("pi_a", for: .nextAction),
                now: harness.clock.now
            )
            _ = try await harness.get(Self.path + "?" + query, key: nil)
            standIn.fail(.down)
            _ = try await harness.get(Self.path)
            #expect(recorder.lines.contains { $0.contains("/next_action 302") })
            #expect(recorder.lines.contains { $0.contains("next action not fetched") })
            for secret in ["payments.stripe.com", "voucher", "signature", String(query.suffix(64))] {
                #expect(recorder.lines.allSatisfy { !$0.contains(secret) }, "\(secret)")
            }
        }
    }
}
