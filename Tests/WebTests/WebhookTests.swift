import Foundation
import HTTPClient
import SQLiteStorage
import StripeAPI
import TestSupport
import Testing

/// `POST /v1/stripe-webhook`: accepted deliveries, and the outcome in the answer.
@Suite(.timeLimit(.minutes(5)))
struct WebhookTests {
    @Test func `an event is recorded`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.deliver(MadeEvent.charge("ch_a").body)
            #expect(answer.status == 200)
            #expect(answer.json == ["received": true, "outcome": "recorded"])
        }
    }

    @Test func `an event that comes again is a duplicate, and acknowledged`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(MadeEvent.charge("ch_a").body)
            let answer = try await harness.deliver(MadeEvent.charge("ch_a").body)
            #expect(answer.status == 200)
            #expect(answer.json["outcome"] == "duplicate")
        }
    }

    @Test func `the same event at the same time from many sides is recorded once`() async throws {
        try await WebHarness.with { harness in
            let body = MadeEvent.charge("ch_a").body
            let outcomes = try await withThrowingTaskGroup(of: ReceivedJSON?.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await harness.deliver(body).json["outcome"] }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == "recorded" } == 1)
            #expect(outcomes.count { $0 == "duplicate" } == 19)
        }
    }

    /// The files named `quarantine-…` are the ones that should have meant something and cannot be read.
    @Test func `of all the bodies we have, those that cannot be projected are quarantined and no others`()
        async throws
    {
        let files = try FileManager.default.contentsOfDirectory(atPath: Testdata.url("events").path)
            .filter { $0.hasSuffix(".json") }
        try #require(files.count >= 60)
        try await WebHarness.with { harness in
            for file in files.sorted() {
                let answer = try await harness.deliver(try Testdata.bytes("events/\(file)"))
                let expected: ReceivedJSON =
                    file.contains("quarantine-") ? "quarantined" : "recorded"
                let outcome = answer.json["outcome"]
                // Some files show one event in two shapes.
                #expect(outcome == expected || outcome == "duplicate", "\(file)")
                #expect(answer.status == 200, "\(file)")
            }
        }
    }

    @Test(arguments: [
        ("an unknown type", "wallet.future_thing.opened"),
        ("a thin event", "v1.payment_intent.succeeded.thin"),
        ("a thin event about no object", "v2.core.account.updated.no-related-object"),
        ("a ping with a null object", "ping"),
        ("an event without an API version", "charge.succeeded.no-api-version"),
        ("an escaped NUL", "charge.succeeded.nul-in-description"),
        ("an amount beyond 32 bits", "charge.succeeded.beyond-int32"),
    ])
    func `a correctly signed event is recorded, whatever its object`(what: String, file: String) async throws
    {
        try await WebHarness.with { harness in
            let answer = try await harness.deliver(try Testdata.bytes("events/\(file).json"))
            #expect(answer.json["outcome"] == "recorded", "\(what)")
        }
    }

    @Test(arguments: [
        ("an amount beyond 64 bits", #""amount":9223372036854775808"#),
        ("an amount with a fraction", #""amount":12.5"#),
        ("an amount as a power of ten", #""amount":1e400"#),
        ("a negative amount", #""amount":-1"#),
    ])
    func `an amount that is none is quarantined`(what: String, amount: String) async throws {
        let body =
            #"{"id":"evt_q","type":"charge.succeeded","created":1,"data":{"object":{"id":"ch_q","#
            + #""object":"charge","currency":"usd","created":1,"# + amount + "}}}"
        try await WebHarness.with { harness in
            let answer = try await harness.deliver(body)
            #expect(answer.status == 200, "\(what): \(answer.text)")
            #expect(answer.json["outcome"] == "quarantined", "\(what)")
        }
    }

    @Test func `a quarantined event is in the log with the reason`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(
                try Testdata.bytes("events/charge.succeeded.quarantine-amount-as-string.json")
            )
            let events = try await harness.get("/v1/events?outcome=quarantined", key: .ops).rows
            try #require(events.count == 1)
            // The field and its problem, and never its value.
            #expect(events[0]["reason"]?.string?.hasPrefix("data.object.amount is not a") == true)
        }
    }

    @Test func `the log keeps the bytes as they were sent`() async throws {
        try await WebHarness.with { harness in
            let body = "{ \"id\" : \"evt_spaced\",\r\n\t\"type\":\"x.y\", \"note\":\"\\u0000 é\" }"
            try await harness.deliver(body)
            let event = try await harness.get("/v1/events/evt_spaced", key: .ops).json
            #expect(event["payload"]?.string == body)
        }
    }

    @Test(arguments: [nil, "application/json", "text/plain", "application/x-www-form-urlencoded", "no type"])
    func `any content type will do`(type: String?) async throws {
        try await WebHarness.with { harness in
            let body = String(decoding: MadeEvent.charge("ch_a").body, as: UTF8.self)
            let signature = try harness.signature(of: Array(body.utf8))
            let answer = try await harness.exchange(
                "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nStripe-Signature: \(signature)\r\n"
                    + (type.map { "Content-Type: \($0)\r\n" } ?? "")
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            #expect(answer.status == 200)
        }
    }

    @Test func `a body in chunks is read as one`() async throws {
        try await WebHarness.with { harness in
            let body = String(decoding: MadeEvent.charge("ch_a").body, as: UTF8.self)
            let signature = try harness.signature(of: Array(body.utf8))
            let (first, second) = (body.prefix(40), body.dropFirst(40))
            let answer = try await harness.exchange(
                "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nStripe-Signature: \(signature)\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
                    + "\(String(first.utf8.count, radix: 16))\r\n\(first)\r\n"
                    + "\(String(second.utf8.count, radix: 16))\r\n\(second)\r\n0\r\n\r\n"
            )
            #expect(answer.json["outcome"] == "recorded")
        }
    }

    @Test(arguments: [-300, 300])
    func `a signature at the edge of the tolerance counts`(age: Int64) async throws {
        try await WebHarness.with { harness in
            let body = MadeEvent.charge("ch_a").body
            let signature = try harness.signature(of: body, age: age)
            let header = TransportHeader("Stripe-Signature", signature)
            #expect(try await harness.post(WebHarness.webhookPath, body, headers: [header]).status == 200)
        }
    }

    @Test(arguments: ["whsec_old", "whsec_new"])
    func `each of several secrets counts`(secret: String) async throws {
        var settings = WebHarness.Settings()
        settings.webhookSecrets = ["whsec_new", "whsec_old"]
        try await WebHarness.with(settings) { harness in
            let body = MadeEvent.charge("ch_a").body
            let header = TransportHeader("Stripe-Signature", try harness.signature(of: body, secret: secret))
            #expect(try await harness.post(WebHarness.webhookPath, body, headers: [header]).status == 200)
        }
    }

    @Test func `a signature header on two lines is one header`() async throws {
        try await WebHarness.with { harness in
            let body = MadeEvent.charge("ch_a").body
            let parts = try harness.signature(of: body).split(separator: ",")
            let headers = parts.map { TransportHeader("Stripe-Signature", String($0)) }
            try #require(headers.count == 2)
            #expect(try await harness.post(WebHarness.webhookPath, body, headers: headers).status == 200)
        }
    }
}
