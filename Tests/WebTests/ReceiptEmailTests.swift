import Billing
import HTTPClient
import StripeAPI
import StripeStandIn
import Testing

/// `POST /v1/transactions/{id}/receipt/email`.
@Suite(.timeLimit(.minutes(5)))
struct ReceiptEmailTests {
    private static let address = "jane.doe@example.com"
    private static let charge = MadeEvent.charge("ch_a", extra: ["receipt_email": address])
    private static let path = "/v1/transactions/ch_a/receipt/email"

    private static func ask(
        _ harness: WebHarness,
        _ body: String = "",
        path: String = path,
        key: TestKey? = .feed
    ) async throws -> Answer {
        try await harness.post(path, Array(body.utf8), key: key)
    }

    // MARK: Whom to

    @Test func `a receipt goes to the address that it went to before, and the answer does not spell it out`()
        async throws
    {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            let answer = try await Self.ask(harness)
            #expect(answer.status == 200)
            #expect(answer.json["object"]?.string == "receipt_email")
            #expect(answer.json["transaction"]?.string == "ch_a")
            #expect(answer.json["status"]?.string == "requested")
            #expect(answer.json["email"]?.string == "j•••@example.com")
            #expect(
                standIn.sentReceipts == [SentReceipt(charge: "ch_a", address: Self.address, account: nil)]
            )
            let sent = try #require(standIn.requests.last { $0.route == "POST /v1/charges/:id" })
            #expect(sent.idempotencyKey?.isEmpty == false)
        }
    }

    @Test func `or to the address that the customer paid with`() async throws {
        let charge = MadeEvent.charge("ch_a", extra: ["billing_details": ["email": Self.address]])
        try await WebHarness.withStandIn([charge]) { harness, standIn in
            let answer = try await Self.ask(harness, "{}")
            #expect(answer.status == 200)
            #expect(standIn.sentReceipts.map(\.address) == [Self.address])
        }
    }

    @Test func `or to the address given, without asking for another`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            let answer = try await Self.ask(harness, #"{"email":"new+1@example.org"}"#)
            #expect(answer.json["email"]?.string == "n•••@example.org")
            #expect(standIn.sentReceipts.map(\.address) == ["new+1@example.org"])
            #expect(standIn.requests.count == 1)
        }
    }

    @Test func `a customer's goes to the address that Stripe has, and to no other`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            let links = #"{"users":["auth0|one"],"organizations":["org-one"]}"#
            #expect(try await harness.putCustomer("cus_one", links).status == 200)
            let (user, organization) = (
                TransportHeader("X-User-Id", "auth0|one"), TransportHeader("x-organization-id", "org-one")
            )
            let session = [bearer(harness.sessionToken())]
            // A key with a user or an organization has the customer's access.
            for headers in [
                session, TestKey.feed.headers + [user], TestKey.user.headers + [user],
                TestKey.feed.headers + [organization],
            ] {
                for address in ["new@example.org", Self.address] {
                    let body = Array(#"{"email":"\#(address)"}"#.utf8)
                    let answer = try await harness.post(Self.path, body, headers: headers)
                    #expect(answer.status == 403 && answer.errorCode == "email_not_allowed")
                }
            }
            #expect(standIn.sentReceipts.isEmpty)
            let asked = try await harness.post(
                Self.path,
                Array("{}".utf8),
                headers: TestKey.feed.headers + [user]
            )
            #expect(asked.status == 200)
            #expect(standIn.sentReceipts.map(\.address) == [Self.address])
        }
    }

    @Test(
        arguments: [[:], ["receipt_email": ""], ["billing_details": ["email": "nobody"]]]
            as [[String: any Sendable]]
    )
    func `where Stripe has no address, one is asked for`(extra: [String: any Sendable]) async throws {
        try await WebHarness.withStandIn([.charge("ch_a", extra: extra)]) { harness, standIn in
            let answer = try await Self.ask(harness)
            #expect(answer.status == 400)
            #expect(answer.json["error"]?["param"]?.string == "email")
            #expect(standIn.sentReceipts.isEmpty)
            #expect(try await Self.ask(harness, #"{"email":"a@example.com"}"#).status == 200)
        }
    }

    @Test func `an address that Stripe refuses is the caller's error, at once`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            let answer = try await Self.ask(harness, #"{"email":"jane@localhost"}"#)
            #expect(answer.status == 400)
            #expect(answer.json["error"]?["param"]?.string == "email")
            #expect(!answer.text.contains("jane"))
            #expect(try await Self.ask(harness, #"{"email":"jane@example.com"}"#).status == 200)
            #expect(standIn.sentReceipts.count == 1)
        }
    }

    @Test(arguments: [
        (#"{"email":"nobody"}"#, "email"), (#"{"email":""}"#, "email"), (#"{"email":"@x"}"#, "email"),
        (#"{"email":"a b@example.com"}"#, "email"), (#"{"email":"a@example.com\u0000"}"#, "email"),
        (#"{"email":"a@example.com\r\nBcc: b@example.com"}"#, "email"), (#"{"email":7}"#, "email"),
        (#"{"email":["a@example.com"]}"#, "email"), (#"{"mail":"a@example.com"}"#, "mail"),
        (#"{"email":"a@example.com","cc":"b@example.com"}"#, "cc"), ("[]", "body"), ("null", "body"),
        ("email=a%40example.com", "body"), ("{", "body"), ("\u{0}", "body"), (#""a@example.com""#, "body"),
    ])
    func `an invalid body is refused by name, and nothing is sent`(
        body: String,
        parameter: String
    )
        async throws
    {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            let answer = try await Self.ask(harness, body)
            #expect(answer.status == 400)
            #expect(answer.json["error"]?["param"]?.string == parameter)
            #expect(!answer.text.contains("example.com\u{0}"))
            #expect(standIn.requests.isEmpty)
        }
    }

    @Test func `an address of 254 bytes may be, one more may not, and 4 KB are no body`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            let domain = "@example.com"
            for (length, status) in [(255, 400), (254, 200)] {
                let address = String(repeating: "a", count: length - domain.utf8.count) + domain
                let answer = try await Self.ask(harness, #"{"email":"\#(address)"}"#)
                #expect(answer.status == status)
            }
            let answer = try await Self.ask(harness, String(repeating: " ", count: 4097))
            #expect(answer.status == 413)
            #expect(standIn.sentReceipts.count == 1)
        }
    }

    // MARK: Which receipt

    @Test func `a refund's is that of its charge`() async throws {
        try await WebHarness.withStandIn([Self.charge, .refund("re_a", of: "ch_a")]) { harness, standIn in
            let answer = try await Self.ask(harness, path: "/v1/transactions/re_a/receipt/email")
            #expect(answer.json["transaction"]?.string == "re_a")
            #expect(standIn.sentReceipts.map(\.charge) == ["ch_a"])
            #expect(try await Self.ask(harness).status == 429, "it is the same receipt")
        }
    }

    @Test func `a payment whose charge we have not seen has it looked up`() async throws {
        let intent = MadeEvent(
            "payment_intent.succeeded",
            id: "evt_pi",
            created: TestClock.start,
            object: [
                "id": "pi_a", "object": "payment_intent", "amount": 2500, "amount_received": 2500,
                "currency": "usd", "created": TestClock.start.unixSeconds, "status": "succeeded",
                "customer": "cus_one",
            ]
        )
        try await WebHarness.withStandIn([Self.charge, intent]) { harness, standIn in
            let expanded = intent.object.dropLast() + #","latest_charge":"ch_a"}"#
            try standIn.put(String(expanded))
            let answer = try await Self.ask(harness, path: "/v1/transactions/pi_a/receipt/email")
            #expect(answer.status == 200)
            #expect(standIn.sentReceipts.map(\.charge) == ["ch_a"])
        }
    }

    @Test(arguments: ["failed", "pending"])
    func `a payment that did not succeed has none`(status: String) async throws {
        try await WebHarness.withStandIn([.charge("ch_a", status: status)]) { harness, standIn in
            let answer = try await Self.ask(harness)
            #expect(answer.status == 404)
            #expect(answer.errorCode == "receipt_unavailable")
            #expect(standIn.requests.isEmpty)
        }
    }

    @Test func `an invoice that was paid outside Stripe has none to e-mail`() async throws {
        try await WebHarness.withStandIn([.outOfBandInvoice("in_a")]) { harness, standIn in
            let answer = try await Self.ask(harness, path: "/v1/transactions/in_a/receipt/email")
            #expect(answer.status == 404)
            #expect(answer.errorCode == "receipt_unavailable")
            #expect(answer.text.contains("outside Stripe"))
            #expect(standIn.requests.isEmpty)
        }
    }

    @Test func `one that Stripe no longer knows has none to e-mail`() async throws {
        try await WebHarness.withStandIn([]) { harness, _ in
            try await harness.deliver([Self.charge])
            #expect(try await Self.ask(harness).errorCode == "receipt_unavailable")
        }
    }

    @Test func `a connected account's charge is asked for on its behalf`() async throws {
        try await WebHarness.withStandIn([]) { harness, standIn in
            try standIn.put(Self.charge.object, account: "acct_1")
            let event = String(decoding: Self.charge.body, as: UTF8.self)
            try await harness.deliver(event.dropLast() + #","account":"acct_1"}"#)
            #expect(try await Self.ask(harness).status == 200)
            #expect(standIn.requests.allSatisfy { $0.account == "acct_1" })
            #expect(standIn.sentReceipts.map(\.account) == ["acct_1"])
        }
    }

    // MARK: How often

    @Test func `at most one e-mail a minute, whatever its address`() async throws {
        try await WebHarness.withStandIn([Self.charge, .charge("ch_b")]) { harness, standIn in
            #expect(try await Self.ask(harness).status == 200)
            harness.clock.advance(seconds: 20)
            for body in ["", #"{"email":"other@example.com"}"#] {
                let again = try await Self.ask(harness, body)
                #expect(again.status == 429)
                #expect(again.json["error"]?["type"]?.string == "rate_limit_error")
                #expect(again.headers["Retry-After"] == "40")
            }
            let other = try await Self.ask(
                harness,
                #"{"email":"a@example.com"}"#,
                path: "/v1/transactions/ch_b/receipt/email"
            )
            #expect(other.status == 200, "of another payment")
            harness.clock.advance(seconds: 39)
            #expect(try await Self.ask(harness).status == 429)
            harness.clock.advance(seconds: 1)
            #expect(try await Self.ask(harness).status == 200)
            #expect(standIn.sentReceipts.map(\.charge) == ["ch_a", "ch_b", "ch_a"])
        }
    }

    @Test func `a clock that was set back holds up no longer than a minute`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, _ in
            let first = try await Self.ask(harness)
            #expect(first.status == 200)
            harness.clock.advance(seconds: -86_400)
            let again = try await Self.ask(harness)
            #expect(again.headers["Retry-After"] == "60")
        }
    }

    @Test func `many requests at once send one e-mail, and all succeed`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            standIn.fail(.held, times: 1)
            let first = Task { try await Self.ask(harness) }
            await standIn.untilHolding(1)
            let others = (0..<8).map { _ in Task { try await Self.ask(harness) } }
            let elsewhere = try await Self.ask(harness, #"{"email":"other@example.com"}"#)
            #expect(elsewhere.status == 429)
            standIn.release()
            #expect(try await first.value.status == 200)
            for other in others { #expect([200, 429].contains(try await other.value.status)) }
            #expect(standIn.sentReceipts.count == 1)
        }
    }

    @Test func `a repetition after a lost answer sends one e-mail`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            standIn.fail(.cutOff, times: 1)
            let body = #"{"email":"a@example.com"}"#
            let unheard = try await Self.ask(harness, body)
            #expect(unheard.status == 503)
            #expect(unheard.headers["Retry-After"] == "30")
            #expect(standIn.sentReceipts.count == 1)
            harness.clock.advance(seconds: 90)
            #expect(try await Self.ask(harness, body).status == 200)
            #expect(standIn.sentReceipts.count == 1)
        }
    }

    @Test func `another of us that had it sent in the same minute is respected`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            try await Self.sendElsewhere(standIn, at: harness.clock.now)
            #expect(standIn.sentReceipts.count == 1)
            let other = try await Self.ask(harness, #"{"email":"other@example.com"}"#)
            #expect(other.status == 429)
            #expect(try await Self.ask(harness, #"{"email":"a@example.com"}"#).status == 200)
            #expect(standIn.sentReceipts.count == 1)
        }
    }

    /// A second instance of the service, with a memory of its own.
    private static func sendElsewhere(_ standIn: StripeStandIn, at now: Instant) async throws {
        try await WebHarness.withMailer(standIn) { mailer in
            let target = ReceiptTarget(object: ObjectReference(.charge, "ch_a"), invoice: nil, account: nil)
            _ = try await mailer.email(target, to: EmailAddress("a@example.com"), now: now)
        }
    }

    // MARK: Stripe in trouble

    @Test(arguments: [
        (Fault.down, 30), (.serverError(shouldRetry: nil), 30), (.garbage, 30), (.truncated, 30),
        (.rateLimited(reason: "global-rate", retryAfterSeconds: 120), 120),
        (.rateLimited(reason: nil, retryAfterSeconds: 1_000_000), 3600), (.expiredKey, 600),
    ])
    func `a failure of Stripe is answered 503 with Retry-After`(
        fault: Fault,
        seconds: Int
    )
        async throws
    {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            standIn.fail(fault)
            for body in ["", #"{"email":"a@example.com"}"#] {
                let answer = try await Self.ask(harness, body)
                #expect(answer.status == 503)
                #expect(answer.headers["Retry-After"] == String(seconds))
                #expect(!answer.text.contains("example.com"))
            }
            standIn.fail(.none)
            #expect(try await Self.ask(harness, #"{"email":"a@example.com"}"#).status == 200)
        }
    }

    @Test func `a key that may only read is said to be the operator's trouble`() async throws {
        let key = APIKey("rk_test_reads", permissions: ["rak_charge_read"])
        try await WebHarness.withStandIn(
            [Self.charge],
            configuration: .init(furtherKeys: [key]),
            key: key.text
        ) { harness, standIn in
            let answer = try await Self.ask(harness)
            #expect(answer.status == 503)
            #expect(answer.errorCode == "stripe_key_refused")
            #expect(standIn.sentReceipts.isEmpty)
        }
    }

    @Test func `without a key for Stripe it answers with that reason`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([Self.charge])
            let answer = try await Self.ask(harness)
            #expect(answer.status == 503)
            #expect(answer.errorCode == "stripe_not_configured")
            #expect(answer.text.contains("STRIPE_SECRET_KEY"))
        }
    }

    // MARK: Who may

    @Test func `a signed link is not enough, nor does it help`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, standIn in
            let query = try await harness.receiptPath("ch_a").split(separator: "?").last ?? ""
            #expect(try await Self.ask(harness, path: "\(Self.path)?\(query)", key: nil).status == 401)
            #expect(try await Self.ask(harness, path: "\(Self.path)?\(query)").status == 400)
            #expect(standIn.requests.isEmpty)
        }
    }

    @Test func `a missing transaction is not found`() async throws {
        try await WebHarness.withStandIn([Self.charge]) { harness, _ in
            let answer = try await Self.ask(harness, path: "/v1/transactions/ch_nobody/receipt/email")
            #expect(answer.status == 404)
            #expect(answer.errorCode == "resource_missing")
        }
    }

    // MARK: The log

    @Test(arguments: [Fault.none, .down, .garbage, .serverError(shouldRetry: nil), .expiredKey])
    func `no address is in any log`(fault: Fault) async throws {
        let recorder = LogRecorder()
        var settings = WebHarness.Settings()
        settings.logger = recorder.logger
        try await WebHarness.withStandIn([Self.charge], settings: settings) { harness, standIn in
            standIn.fail(fault)
            for body in [
                "", #"{"email":"canary@example.com"}"#, #"{"email":"canary@localhost"}"#,
                #"{"email":"canary address"}"#, #"{"canary@example.com":1}"#, "canary@example.com",
            ] {
                _ = try await Self.ask(harness, body)
                harness.clock.advance(seconds: 7200)
            }
        }
        #expect(recorder.lines.contains { $0.contains("/receipt/email") })
        for line in recorder.lines {
            #expect(
                !line.contains("canary") && !line.contains("jane") && !line.contains("example.com"),
                "\(line)"
            )
        }
    }
}
