import StripeAPI
import StripeStandIn
import Testing

/// Who may see what at the stand-in, how often, and what may be changed.
@Suite(.timeLimit(.minutes(1)))
struct StandInAccessTests {
    @Test func `objects of the other mode are not there`() async throws {
        try await StandInUnderTest.with(furtherKeys: [APIKey("sk_live_standin")]) { world in
            for (number, livemode) in [(1, true), (2, false)] {
                try world.standIn.put(event: MadeUp.event(number, more: #""livemode":\#(livemode),"#))
                // A refund does not say its mode; its event does.
                let refund = #"{"id":"re_\#(number)","object":"refund","created":5}"#
                let event = MadeUp.event(10 + number, object: refund, more: #""livemode":\#(livemode),"#)
                try world.standIn.put(event: event)
            }
            for (key, mine, other) in [("sk_live_standin", 1, 2), ("sk_test_standin", 2, 1)] {
                let events = try await world.get("/v1/events", key: key)
                #expect(events.ids.map(Set.init) == ["evt_\(mine)", "evt_1\(mine)"])
                #expect(try await world.get("/v1/charges", key: key).ids == ["ch_\(mine)"])
                #expect(try await world.get("/v1/refunds", key: key).ids == ["re_\(mine)"])
                for path in ["charges/ch_\(other)", "refunds/re_\(other)", "events/evt_\(other)"] {
                    let answer = try await world.get("/v1/" + path, key: key)
                    #expect(answer.status == 404)
                    #expect(answer.code == "resource_missing")
                }
                let cursor = try await world.get("/v1/events?starting_after=evt_\(other)", key: key)
                #expect(cursor.status == 400)
            }
        }
    }

    @Test func `a restricted key has only its permissions`() async throws {
        let keys = [
            APIKey("rk_test_none", permissions: []), APIKey("rk_test_read", permissions: ["rak_charge_read"]),
            APIKey("rk_test_write", permissions: ["rak_charge_write"]),
        ]
        try await StandInUnderTest.with(furtherKeys: keys) { world in
            try world.standIn.put(MadeUp.charge(1))
            for (key, reads, writes) in [("none", 403, 403), ("read", 200, 403), ("write", 200, 200)] {
                let key = "rk_test_" + key
                for path in ["charges", "charges/ch_1", "refunds"] {
                    #expect(try await world.get("/v1/" + path, key: key).status == reads)
                }
                let form = "receipt_email=a%40example.com"
                #expect(try await world.post("/v1/charges/ch_1", form, key: key).status == writes)
                #expect(try await world.get("/v1/events", key: key).status == 403)
                let refused = try await world.get("/v1/account", key: key)
                #expect(refused.code == "more_permissions_required")
                let message = refused.error?["message"] as? String
                #expect(message?.contains("'rak_accounts_kyc_basic_read'") == true)
            }
            #expect(try await world.get("/v1/charges", key: "rk_test_other").status == 401)
        }
    }

    @Test func `expanding needs the permission for the expanded object`() async throws {
        let key = APIKey("rk_test_intents", permissions: ["rak_payment_intent_read"])
        try await StandInUnderTest.with(furtherKeys: [key]) { world in
            try world.standIn.put(MadeUp.charge(1))
            try world.standIn.put(#"{"id":"pi_1","object":"payment_intent","latest_charge":"ch_1"}"#)
            #expect(try await world.get("/v1/payment_intents/pi_1", key: key.text).status == 200)
            let expanded = "/v1/payment_intents/pi_1?expand[]=latest_charge"
            #expect(try await world.get(expanded, key: key.text).status == 403)
        }
    }

    @Test func `wants a version of a list too, and one way to name an account`() async throws {
        try await StandInUnderTest.with { world in
            let unversioned = try await world.get("/v1/events", headers: ["Stripe-Version": "latest"])
            #expect(unversioned.status == 400)
            let both = ["Stripe-Account": "acct_1", "Stripe-Context": "acct_1"]
            #expect(try await world.get("/v1/events", headers: both).status == 400)
            #expect(try await world.get("/v2/core/nothing").status == 404)
            #expect(world.standIn.requests.last?.route == "GET /v2/**")
        }
    }

    @Test(arguments: [
        ("/v1/invoice_payments", "2025-03-30.acacia", "2025-03-31.basil"),
        ("/v1/invoice_payments?created[gte]=1", "2025-11-16.clover", "2025-11-17.clover"),
        ("/v1/payment_intents/pi_1?expand[]=latest_charge", "2022-11-14", "2022-11-15"),
        ("/v1/invoices/in_1?expand[]=payments", "2025-03-30.acacia", "2025-03-31.basil"),
        ("/v2/core/events/evt_1", "2024-09-29", "2024-09-30.acacia"),
    ])
    func `answers no call in a version before it`(path: String, before: String, from: String) async throws {
        try await StandInUnderTest.with { world in
            try world.standIn.put(#"{"id":"pi_1","object":"payment_intent","latest_charge":"ch_1"}"#)
            try world.standIn.put(#"{"id":"in_1","object":"invoice"}"#)
            try world.standIn.put(#"{"id":"evt_1","object":"v2.core.event"}"#)
            #expect(try await world.get(path, headers: ["Stripe-Version": before]).status == 400)
            #expect(try await world.get(path, headers: ["Stripe-Version": from]).status == 200)
        }
    }

    @Test func `an organisation's key takes a context with every request, and nothing else`() async throws {
        let key = APIKey("sk_org_standin")
        try await StandInUnderTest.with(furtherKeys: [key]) { world in
            try world.standIn.put(MadeUp.charge(1), account: "acct_1")
            func status(_ headers: [String: String]) async throws -> Int {
                try await world.get("/v1/charges/ch_1", key: key.text, headers: headers).status
            }
            for context in ["acct_1", "acct_platform/acct_1"] {
                #expect(try await status(["Stripe-Context": context]) == 200)
            }
            #expect(try await status(["Stripe-Context": "acct_2"]) == 404)
            #expect(try await status(["Stripe-Account": "acct_1"]) == 400)
            #expect(try await status(["Stripe-Context": "acct_1", "Stripe-Version": ""]) == 400)
            let refused = try await world.get("/v1/events", key: key.text)
            #expect(refused.status == 400)
            #expect((refused.error?["message"] as? String)?.contains("Stripe-Context") == true)
        }
    }

    @Test func `answers so many requests a second, and then that many again`() async throws {
        try await StandInUnderTest.with { world in
            func statuses(_ count: Int) async throws -> [Int] {
                var statuses: [Int] = []
                for _ in 0..<count { statuses.append(try await world.get("/v1/events").status) }
                return statuses
            }
            #expect(try await statuses(5) == [200, 200, 200, 200, 200])
            world.standIn.limit(RequestRate(perSecond: 2, reason: "endpoint-rate"))
            #expect(try await statuses(4) == [200, 200, 429, 429])
            world.clock.advance(.milliseconds(500))
            #expect(try await statuses(2) == [200, 429])
            world.clock.advance(.seconds(60))
            #expect(try await statuses(3) == [200, 200, 429])
            let refused = try await world.get("/v1/events")
            #expect(refused.headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate")
            #expect(refused.code == "rate_limit")
            world.standIn.limit(nil)
            #expect(try await statuses(3) == [200, 200, 200])
        }
    }

    @Test func `can say how long to stay away`() async throws {
        try await StandInUnderTest.with { world in
            world.standIn.fail(.rateLimited(reason: "global-rate", retryAfterSeconds: 17), times: 1)
            let error = await #expect(throws: StripeAPIError.self) {
                try await world.client().page(of: .events())
            }
            #expect(error?.refusal?.retryAfterSeconds == 17)
        }
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"), (1_793_491_200, "Sun, 01 Nov 2026 00:00:00 GMT"),
    ])
    func `sends the configured time as the Date`(now: Int64, text: String) async throws {
        try await StandInUnderTest.with { world in
            world.clock.advance(.seconds(now - StandInUnderTest.now))
            let answer = try await world.get("/v1/events")
            #expect(answer.headers["Date"] == text)
        }
    }

    // MARK: Receipts by e-mail

    @Test(arguments: [
        ("", "parameter_missing", "receipt_email"), ("receipt_email=", "email_invalid", "receipt_email"),
        ("receipt_email=nobody", "email_invalid", "receipt_email"),
        ("amount=1", "parameter_unknown", "amount"),
        ("receipt_email=a%40example.com&amount=1", "parameter_unknown", "amount"),
    ])
    func `changes nothing but the address for the receipt`(
        form: String,
        code: String,
        parameter: String
    ) async throws {
        try await StandInUnderTest.with { world in
            try world.standIn.put(MadeUp.charge(1))
            let answer = try await world.post("/v1/charges/ch_1", form, idempotencyKey: "k")
            #expect(answer.status == 400)
            #expect(answer.code == code)
            #expect(answer.parameter == parameter)
            #expect(world.standIn.sentReceipts.isEmpty)
            // A refused request is not stored under its idempotency key.
            let good = try await world.post(
                "/v1/charges/ch_1",
                "receipt_email=a%40example.com",
                idempotencyKey: "k"
            )
            #expect(good.status == 200)
            #expect(world.standIn.sentReceipts.count == 1)
        }
    }

    @Test func `the same key brings the same answer, and no second e-mail`() async throws {
        try await StandInUnderTest.with { world in
            try world.standIn.put(MadeUp.charge(1))
            let form = "receipt_email=a%40example.com"
            let first = try await world.post("/v1/charges/ch_1", form, idempotencyKey: "k")
            let again = try await world.post("/v1/charges/ch_1", form, idempotencyKey: "k")
            let url = try #require(first.json["receipt_url"] as? String)
            #expect(again.json["receipt_url"] as? String == url)
            #expect(first.headers["Idempotent-Replayed"] == nil)
            #expect(again.headers["Idempotent-Replayed"] == "true")
            #expect(world.standIn.sentReceipts.count == 1)
            for key in ["k2", nil] {
                #expect(try await world.post("/v1/charges/ch_1", form, idempotencyKey: key).status == 200)
            }
            #expect(world.standIn.sentReceipts.count == 3)
            let other = try await world.post(
                "/v1/charges/ch_1",
                "receipt_email=b%40example.com",
                idempotencyKey: "k"
            )
            #expect(other.status == 400)
            #expect(other.error?["type"] as? String == "idempotency_error")
            #expect(
                try await world.get("/v1/charges/ch_1").json["receipt_email"] as? String == "a@example.com"
            )
        }
    }

    @Test func `no receipt is e-mailed for a charge that is missing, another's or failed`()
        async throws
    {
        try await StandInUnderTest.with { world in
            try world.standIn.put(MadeUp.charge(1), account: "acct_1")
            try world.standIn.put(#"{"id":"ch_2","object":"charge","status":"failed"}"#)
            let form = "receipt_email=a%40example.com"
            #expect(try await world.post("/v1/charges/ch_1", form).status == 404)
            #expect(try await world.post("/v1/charges/ch_2", form).status == 200)
            #expect(world.standIn.sentReceipts.isEmpty)
            let theirs = ["Stripe-Account": "acct_1"]
            #expect(try await world.post("/v1/charges/ch_1", form, headers: theirs).status == 200)
            let sent = SentReceipt(charge: "ch_1", address: "a@example.com", account: "acct_1")
            #expect(world.standIn.sentReceipts == [sent])
        }
    }

    @Test func `its rate, events and e-mails can be set over HTTP too`() async throws {
        try await StandInUnderTest.with { world in
            let json = ["Content-Type": "application/json"]
            let event = MadeUp.event(1)
            #expect(
                try await world.post("/_stand-in/objects?delivered=true", event, headers: json).status == 200
            )
            #expect(try await world.get("/v1/events?delivery_success=true").ids == ["evt_1"])
            _ = try await world.post("/v1/charges/ch_1", "receipt_email=a%40example.com")
            let emails = try await world.get("/_stand-in/emails").json["emails"] as? [[String: String]]
            #expect(emails == [["charge": "ch_1", "to": "a@example.com"]])
            #expect(
                try await world.post("/_stand-in/rate", #"{"per_second":0}"#, headers: json).status == 400
            )
            #expect(
                try await world.post("/_stand-in/rate", #"{"per_second":1}"#, headers: json).status == 200
            )
            #expect(try await world.get("/v1/events").status == 200)
            #expect(try await world.get("/v1/events").status == 429)
            #expect(try await world.post("/_stand-in/rate", "{}", headers: json).status == 200)
            let later = #"{"mode":"500","times":1,"after":1}"#
            #expect(try await world.post("/_stand-in/faults", later, headers: json).status == 200)
            #expect(try await world.get("/v1/events").status == 200)
            #expect(try await world.get("/v1/events").status == 500)
            #expect(try await world.get("/v1/events").status == 200)
        }
    }
}
