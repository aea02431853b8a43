import Foundation
import StripeAPI
import StripeStandIn
import Synchronization
import Testing

/// The client, libcurl and the stand-in together: lists, and the other requests of a backfill.
@Suite(.timeLimit(.minutes(1)))
struct StripeListsStandInTests {
    /// Every page there is, from a place on.
    private func pages(
        _ client: StripeClient,
        _ listing: StripeListing,
        from paging: StripePaging = StripePaging(limit: 3)
    ) async throws -> [StripePage] {
        var pages: [StripePage] = []
        var next: StripePaging? = paging
        while let paging = next {
            let page = try await client.page(of: listing, paging)
            pages.append(page)
            next = page.next
        }
        return pages
    }

    @Test func `reads a whole list from the newest to the oldest, each object once`() async throws {
        try await StandInUnderTest.with { world in
            // Twos of one second: their ids decide.
            for number in 10..<20 {
                try world.standIn.put(
                    event: MadeUp.event(number, created: StandInUnderTest.now - 100 + Int64(number / 2))
                )
            }
            let pages = try await pages(try world.client(), .events())
            #expect(pages.map(\.ids.count) == [3, 3, 3, 1])
            #expect(pages.flatMap(\.ids) == (10..<20).reversed().map { "evt_\($0)" })
            #expect(pages.allSatisfy { $0.date == StandInUnderTest.now })
            #expect(world.standIn.count("GET /v1/events") == 4)
        }
    }

    @Test func `an event comes as it was put in`() async throws {
        try await StandInUnderTest.with { world in
            let text = """
                { "type":"charge.succeeded", "id" : "evt_1","object":"event","n":1.50, "created":1793491200,
                  "note":"\\u00d7 ×","data": {"object": {"object":"charge","id":"ch_1"} } }
                """
            try world.standIn.put(event: text)
            let client = try world.client()
            #expect(try await client.page(of: .events()).objects == [Array(text.utf8)])
            #expect(try await client.event("evt_1") == Array(text.utf8))
        }
    }

    @Test func `what comes while a list is read is not read, and shifts nothing`() async throws {
        try await StandInUnderTest.with { world in
            for number in 0..<9 {
                try world.standIn.put(
                    event: MadeUp.event(number, created: StandInUnderTest.now - 100 + Int64(number))
                )
            }
            let standIn = world.standIn
            standIn.beforeEachPage { page in
                try? standIn.put(event: MadeUp.event(100 + page, created: StandInUnderTest.now))
            }
            let client = try world.client()
            let read = try await pages(client, .events()).flatMap(\.ids)
            #expect(read == ["evt_101"] + (0..<9).reversed().map { "evt_\($0)" })
            standIn.beforeEachPage(nil)
            // Objects created meanwhile are before the first that was read.
            let later = try await pages(client, .events(), from: StripePaging(.endingBefore("evt_101")))
            #expect(Set(later.flatMap(\.ids)) == Set((2...4).map { "evt_10\($0)" }))
        }
    }

    @Test func `pages before an object come nearest first, each newest first`() async throws {
        try await StandInUnderTest.with { world in
            for number in 0..<9 {
                try world.standIn.put(MadeUp.charge(number, created: Int64(number)))
            }
            let from = StripePaging(.endingBefore("ch_1"), limit: 3)
            let pages = try await pages(try world.client(), .charges(), from: from)
            #expect(
                pages.map(\.ids) == [["ch_4", "ch_3", "ch_2"], ["ch_7", "ch_6", "ch_5"], ["ch_8"]]
            )
            #expect(pages.map(\.hasMore) == [true, true, false])
        }
    }

    @Test func `undelivered events are found by type, in groups`() async throws {
        try await StandInUnderTest.with { world in
            let types = (0..<25).map { "type.a\($0)" }
            for (number, type) in types.enumerated() {
                try world.standIn.put(event: MadeUp.event(number, type: type), isDelivered: number % 5 == 0)
            }
            let client = try world.client()
            var found: [String] = []
            for listing in StripeListing.events(ofTypes: types, isDelivered: false) {
                found += try await pages(client, listing, from: StripePaging()).flatMap(\.ids)
            }
            #expect(Set(found) == Set((0..<25).filter { $0 % 5 != 0 }.map { "evt_\($0)" }))
            #expect(found.count == 20)
            #expect(world.standIn.count("GET /v1/events") == 2)
            try world.standIn.setDelivered(true, event: "evt_1")
            let rest = try await client.page(of: .events(isDelivered: false))
            #expect(rest.ids.count == 19 && !rest.ids.contains("evt_1"))
        }
    }

    @Test func `a cursor that Stripe no longer knows is recognised by its parameter`() async throws {
        try await StandInUnderTest.with { world in
            try world.standIn.put(event: MadeUp.event(1))
            let client = try world.client()
            let paging = StripePaging(.endingBefore("evt_1"))
            _ = try await client.page(of: .events(), paging)
            world.clock.advance(.seconds(31 * 86_400))
            let error = await #expect(throws: StripeAPIError.self) {
                try await client.page(of: .events(), paging)
            }
            #expect(error?.refusal?.status == 400)
            #expect(error?.refusal?.code == "resource_missing")
            #expect(error?.refusal?.parameter == "ending_before")
        }
    }

    @Test(arguments: [
        (Fault.garbage, StripeAPIError.notAList(requestID: "req_standin2")),
        (.truncated, .notAList(requestID: "req_standin2")),
        (.ignoresCursor, .notAList(requestID: "req_standin2")),
        (.wrongObject, .wrongObject(requestID: "req_standin2")), (.cutOff, .transport(.connectionLost)),
    ])
    func `a broken page is an error that names the defect, and a retry gives it whole`(
        fault: Fault,
        expected: StripeAPIError
    ) async throws {
        try await StandInUnderTest.with { world in
            for number in 0..<6 { try world.standIn.put(MadeUp.charge(number, created: Int64(number))) }
            let client = try world.client()
            world.standIn.fail(fault, times: 1, after: 1)
            let first = try await client.page(of: .charges(), StripePaging(limit: 3))
            let next = try #require(first.next)
            await #expect(throws: expected) { try await client.page(of: .charges(), next) }
            #expect(try await client.page(of: .charges(), next).ids == ["ch_2", "ch_1", "ch_0"])
        }
    }

    @Test func `lists of a connected account are asked for on its behalf`() async throws {
        try await StandInUnderTest.with { world in
            try world.standIn.put(event: MadeUp.event(1, more: #""account":"acct_1","#))
            try world.standIn.put(event: MadeUp.event(2))
            let client = try world.client()
            #expect(try await client.page(of: .events(), account: "acct_1").ids == ["evt_1"])
            #expect(try await client.page(of: .events()).ids == ["evt_2"])
            #expect(try await client.page(of: .charges(), account: "acct_1").ids == ["ch_1"])
            #expect(try await client.page(of: .charges(), account: "acct_2").ids == [])
        }
    }

    @Test func `refunds are listed by charge, disputes by charge, and invoice payments by invoice`()
        async throws
    {
        try await StandInUnderTest.with { world in
            for (id, charge) in [("re_1", "ch_1"), ("re_2", "ch_2"), ("re_3", "ch_1")] {
                try world.standIn.put(
                    #"{"id":"\#(id)","object":"refund","created":5,"charge":"\#(charge)","payment_intent":"pi_1"}"#
                )
            }
            try world.standIn.put(#"{"id":"du_1","object":"dispute","created":5,"charge":"ch_1"}"#)
            try world.standIn.put(
                #"{"id":"inpay_1","object":"invoice_payment","created":5,"invoice":"in_1"}"#
            )
            let client = try world.client()
            #expect(try await client.page(of: .refunds(charge: "ch_1")).ids == ["re_3", "re_1"])
            #expect(try await client.page(of: .refunds(paymentIntent: "pi_1")).ids.count == 3)
            #expect(try await client.page(of: .disputes(charge: "ch_1")).ids == ["du_1"])
            #expect(try await client.page(of: .disputes(charge: "ch_2")).ids == [])
            #expect(try await client.page(of: .invoicePayments(ofInvoice: "in_1")).ids == ["inpay_1"])
        }
    }

    @Test func `gets each kind of object by its id`() async throws {
        try await StandInUnderTest.with { world in
            for (id, kind) in [
                ("re_1", "refund"), ("du_1", "dispute"), ("cs_1", "checkout.session"), ("cus_1", "customer"),
                ("inpay_1", "invoice_payment"), ("evt_thin", "v2.core.event"),
            ] {
                try world.standIn.put(#"{"id":"\#(id)","object":"\#(kind)"}"#)
            }
            let client = try world.client()
            for object in [
                try await client.refund("re_1"), try await client.dispute("du_1"),
                try await client.checkoutSession("cs_1"), try await client.customer("cus_1"),
                try await client.invoicePayment("inpay_1"), try await client.thinEvent("evt_thin"),
                try await client.account(), try await client.account("acct_1"),
            ] {
                #expect(!object.isEmpty)
            }
            #expect(world.standIn.requests.last?.account == "acct_1")
        }
    }

    @Test func `a thin event's object is fetched in its context, with the reason`() async throws {
        try await StandInUnderTest.with { world in
            try world.standIn.put(MadeUp.charge(1), account: "acct_1")
            let client = try world.client()
            _ = try await client.object(
                "ch_1",
                path: ["v1", "charges"],
                ofThinEvent: "evt_1",
                context: "acct_1"
            )
            let error = await #expect(throws: StripeAPIError.self) {
                try await client.object("ch_1", path: ["v1", "charges"], ofThinEvent: "evt_1")
            }
            #expect(error?.refusal?.code == "resource_missing")
            #expect(world.standIn.requests.map(\.account) == ["acct_1", nil])
            #expect(world.standIn.requests.map(\.trigger) == ["event=evt_1", "event=evt_1"])
        }
    }

    @Test func `a refused request names the missing permission`() async throws {
        let key = APIKey("rk_test_narrow", permissions: ["rak_event_read", "rak_charge_read"])
        try await StandInUnderTest.with(furtherKeys: [key]) { world in
            let client = try world.client(key: key.text)
            _ = try await client.page(of: .events())
            _ = try await client.page(of: .refunds())
            let refused: [(StripeListing, String)] = [
                (.disputes(), "rak_dispute_read"), (.invoices(), "rak_invoice_read"),
                (.webhookEndpoints, "rak_webhook_read"),
            ]
            for (listing, permission) in refused {
                let error = await #expect(throws: StripeAPIError.self) { try await client.page(of: listing) }
                #expect(error?.refusal?.status == 403)
                #expect(error?.refusal?.missingPermissions == [permission])
                #expect(error.map { "\($0)".contains(permission) } == true)
            }
        }
    }

    @Test func `the endpoints at Stripe are listed with their event types, and with Stripe's time`()
        async throws
    {
        try await StandInUnderTest.with(dateSkewSeconds: -90) { world in
            try world.standIn.put(
                endpoint: "we_1",
                url: "https://billing.example.com/v1/stripe-webhook",
                enabledEvents: ["charge.succeeded"],
                apiVersion: "2025-03-31.basil"
            )
            try world.standIn.put(endpoint: "we_2", url: "https://old.example.com", status: "disabled")
            let answer = try await world.client().registeredEndpoints()
            let one = RegisteredEndpoint(
                id: "we_1",
                url: "https://billing.example.com/v1/stripe-webhook",
                enabledEvents: ["charge.succeeded"],
                apiVersion: "2025-03-31.basil",
                status: "enabled",
                livemode: false
            )
            #expect(answer.endpoints.contains(one))
            #expect(one.receives("charge.succeeded") && !one.receives("charge.refunded"))
            let other = try #require(answer.endpoints.first { $0.id == "we_2" })
            #expect(
                other.enabledEvents == ["*"] && other.apiVersion == nil && !other.receives("charge.failed")
            )
            #expect(answer.date == StandInUnderTest.now - 90)
        }
    }

    @Test func `one e-mail is sent for one key, also when the answer is lost on its way`() async throws {
        try await StandInUnderTest.with { world in
            try world.standIn.put(MadeUp.charge(1))
            let client = try world.client()
            world.standIn.fail(.cutOff, times: 1)
            await #expect(throws: StripeAPIError.transport(.connectionLost)) {
                try await client.emailReceipt(
                    ofCharge: "ch_1",
                    to: "a+b@example.com",
                    idempotencyKey: "key-1"
                )
            }
            let charge = try await client.emailReceipt(
                ofCharge: "ch_1",
                to: "a+b@example.com",
                idempotencyKey: "key-1"
            )
            #expect(String(decoding: charge, as: UTF8.self).contains(#""receipt_email":"a+b@example.com""#))
            let sent = SentReceipt(charge: "ch_1", address: "a+b@example.com", account: nil)
            #expect(world.standIn.sentReceipts == [sent])
            #expect(world.standIn.requests.map(\.idempotencyKey) == ["key-1", "key-1"])
        }
    }

    @Test func `an idempotency key is not used for two things`() async throws {
        try await StandInUnderTest.with { world in
            try world.standIn.put(MadeUp.charge(1))
            let client = try world.client()
            for address in ["a@example.com", "b@example.com"] {
                let send = {
                    try await client.emailReceipt(ofCharge: "ch_1", to: address, idempotencyKey: "k")
                }
                if address.hasPrefix("a") {
                    _ = try await send()
                } else {
                    let error = await #expect(throws: StripeAPIError.self) { _ = try await send() }
                    #expect(error?.refusal?.type == "idempotency_error")
                    #expect(error.map { !"\($0)".contains("example") } == true)
                }
            }
            #expect(world.standIn.sentReceipts.count == 1)
        }
    }

    @Test(arguments: [
        "", "@", "nobody", "a b@example.com", "a@b\r\nBcc: c@d", String(repeating: "a", count: 512) + "@b",
    ])
    func `an address that can be none is not sent`(address: String) async throws {
        let transport = RecordingTransport(body: "{}")
        let client = StripeClient(transport: transport, key: try #require(StripeSecretKey("sk_test_1")))
        await #expect(throws: StripeAPIError.invalidArgument(.emailAddress)) {
            try await client.emailReceipt(ofCharge: "ch_1", to: address, idempotencyKey: "key-1")
        }
        #expect(transport.requests.isEmpty)
    }

    @Test func `paced below the limit nothing is refused, and unpaced something is`() async throws {
        try await StandInUnderTest.with(rate: RequestRate(perSecond: 25, burst: 1)) { world in
            for number in 0..<30 { try world.standIn.put(MadeUp.charge(number, created: Int64(number))) }
            let client = try world.client()
            var pacer = RequestPacer(requestsPerSecond: 20, burst: 1)
            var next: StripePaging? = StripePaging(limit: 1)
            var read = 0
            while let paging = next {
                // As a caller waits, but by the stand-in's clock.
                world.clock.advance(pacer.delay(now: world.clock.uptime))
                let page = try await client.page(of: .charges(), paging)
                read += page.ids.count
                next = page.next
            }
            #expect(read == 30)
            let error = await #expect(throws: StripeAPIError.self) { try await client.page(of: .charges()) }
            #expect(error?.refusal?.status == 429)
            #expect(error?.refusal?.rateLimitedReason == "global-rate")
        }
    }
}
