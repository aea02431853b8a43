import Foundation
import HTTPClient
import SQLiteStorage
import Storage
import StripeAPI
import Testing

/// A delivery that is to be refused, and the code that says why.
struct BadDelivery: Sendable, CustomTestStringConvertible {
    let what: String
    let code: String
    var body = MadeEvent.charge("ch_a").body
    /// Makes the header from the one that would be right; `nil` sends none.
    var header: @Sendable (String) -> String? = { $0 }
    var secret: String?
    var age: Int64 = 0

    var testDescription: String { what }

    func post(to harness: WebHarness) async throws -> Answer {
        let right = try harness.signature(of: body, secret: secret, age: age)
        let headers = header(right).map { [TransportHeader("Stripe-Signature", $0)] } ?? []
        return try await harness.post(WebHarness.webhookPath, body, headers: headers)
    }

    static let signatures: [BadDelivery] = [
        BadDelivery(what: "no header", code: "signature_missing", header: { _ in nil }),
        BadDelivery(what: "an empty header", code: "signature_missing", header: { _ in "" }),
        BadDelivery(what: "white space", code: "signature_missing", header: { _ in "  " }),
        BadDelivery(what: "no header at all like it", code: "signature_malformed", header: { _ in "hello" }),
        BadDelivery(what: "no t", code: "signature_malformed") { String($0.drop { $0 != "v" }) },
        BadDelivery(what: "no v1", code: "signature_malformed") { String($0.prefix { $0 != "," }) },
        BadDelivery(what: "only v0", code: "signature_malformed") { $0.replacing("v1=", with: "v0=") },
        BadDelivery(what: "t that is no number", code: "signature_malformed") {
            "t=soon," + $0.drop { $0 != "v" }
        },
        BadDelivery(what: "t beyond 64 bits", code: "signature_malformed") {
            "t=99999999999999999999," + $0.drop { $0 != "v" }
        },
        BadDelivery(what: "t twice", code: "signature_malformed") { $0 + ",t=1" },
        BadDelivery(what: "a signature of another secret", code: "signature_mismatch", secret: "whsec_other"),
        BadDelivery(what: "a signature cut short", code: "signature_mismatch") { String($0.dropLast()) },
        BadDelivery(what: "an upper-case signature", code: "signature_mismatch") {
            String($0.prefix { $0 != "v" }) + "v1=" + $0.drop { $0 != "v" }.dropFirst(3).uppercased()
        },
        BadDelivery(what: "an altered t", code: "signature_mismatch") { $0.replacing("t=1", with: "t=2") },
        BadDelivery(what: "301 s old", code: "timestamp_outside_tolerance", age: 301),
        BadDelivery(what: "301 s in the future", code: "timestamp_outside_tolerance", age: -301),
        BadDelivery(
            what: "old and forged",
            code: "signature_mismatch",
            secret: "whsec_other",
            age: 86_400
        ),
    ]

    static let payloads: [BadDelivery] = [
        payload("0 bytes", ""),
        payload("not JSON", "id=evt_1&type=ping"),
        payload("JSON cut short", #"{"id":"evt_1","type":"ping""#),
        payload("JSON and more", #"{"id":"evt_1","type":"ping"} {}"#),
        payload("a list", #"[{"id":"evt_1","type":"ping"}]"#),
        payload("a string", #""evt_1""#),
        payload("null", "null"),
        payload("no id", #"{"type":"ping"}"#),
        payload("a null id", #"{"id":null,"type":"ping"}"#),
        payload("an id that is a number", #"{"id":1,"type":"ping"}"#),
        payload("an empty id", #"{"id":"","type":"ping"}"#),
        payload("an id with a space", #"{"id":"evt 1","type":"ping"}"#),
        payload("an id with a NUL", #"{"id":"evt\u0000","type":"ping"}"#),
        payload("an id of 10 KB", #"{"id":"\#(String(repeating: "e", count: 10_240))","type":"ping"}"#),
        payload("an id of 256 bytes", #"{"id":"\#(String(repeating: "e", count: 256))","type":"ping"}"#),
        payload("no type", #"{"id":"evt_1"}"#),
        payload("a type of 10 KB", #"{"id":"evt_1","type":"\#(String(repeating: "t", count: 10_240))"}"#),
        payload(
            "an account of 10 KB",
            #"{"id":"e","type":"t","account":"\#(String(repeating: "a", count: 10_240))"}"#
        ),
        payload("10,000 lists deep", #"{"id":"evt_1","type":"ping","data":"# + nested("[", "]") + "}"),
        payload(
            "10,000 objects deep",
            #"{"id":"evt_1","type":"ping","data":"# + nested(#"{"a":"#, "}", "1") + "}"
        ),
        BadDelivery(
            what: "not UTF-8",
            code: "payload_invalid",
            body: Array(#"{"id":"evt_1","type":"ping","note":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
        ),
        BadDelivery(
            what: "UTF-16",
            code: "payload_invalid",
            body: #"{"id":"evt_1","type":"ping"}"#.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        ),
        BadDelivery(what: "zeros", code: "payload_invalid", body: Array(repeating: 0, count: 1000)),
    ]

    private static func payload(_ what: String, _ text: String) -> BadDelivery {
        BadDelivery(what: what, code: "payload_invalid", body: Array(text.utf8))
    }

    private static func nested(_ open: String, _ close: String, _ core: String = "") -> String {
        String(repeating: open, count: 10_000) + core + String(repeating: close, count: 10_000)
    }
}

/// Requests that `POST /v1/stripe-webhook` refuses.
@Suite(.timeLimit(.minutes(5)))
struct WebhookRefusalTests {
    @Test(arguments: BadDelivery.signatures)
    func `a delivery that Stripe did not sign is refused with the reason`(bad: BadDelivery) async throws {
        try await WebHarness.with { harness in
            let answer = try await bad.post(to: harness)
            #expect(answer.status == 400)
            #expect(answer.errorCode == bad.code)
        }
    }

    @Test(arguments: BadDelivery.payloads)
    func `a signed payload that is no event is refused as such`(bad: BadDelivery) async throws {
        try await WebHarness.with { harness in
            let answer = try await bad.post(to: harness)
            #expect(answer.status == 400)
            #expect(answer.errorCode == bad.code)
        }
    }

    @Test func `a body that was changed on the way is refused`() async throws {
        try await WebHarness.with { harness in
            let body = MadeEvent.charge("ch_a").body
            let header = TransportHeader("Stripe-Signature", try harness.signature(of: body))
            let answer = try await harness.post(WebHarness.webhookPath, body + [0x20], headers: [header])
            #expect(answer.errorCode == "signature_mismatch")
        }
    }

    @Test func `refused requests leave nothing behind, and the service still answers`() async throws {
        try await WebHarness.with { harness in
            for bad in BadDelivery.signatures + BadDelivery.payloads {
                _ = try await bad.post(to: harness)
                #expect(try await harness.get("/healthz", key: nil).status == 200, "after \(bad.what)")
            }
            #expect(try await harness.ids("/v1/events", key: .ops) == [])
            #expect(try await harness.ids("/v1/transactions") == [])
        }
    }

    // MARK: Our own trouble

    @Test(arguments: [
        StoreError.Code.busy, .full, .inputOutput, .readOnly, .moved, .connectionLost, .constraint, .corrupt,
        .closed,
        .other,
    ])
    func `a store that cannot take an event answers 503, whatever the reason`(
        code: StoreError.Code
    )
        async throws
    {
        var settings = WebHarness.Settings()
        settings.wrapping = { _ in StoreOutage(code: code) }
        try await WebHarness.with(settings) { harness in
            let answer = try await harness.deliver(MadeEvent.charge("ch_a").body)
            #expect(answer.status == 503)
            #expect(answer.headers["Retry-After"].flatMap { Int($0) } ?? 0 > 0)
            #expect(answer.json["error"]?["type"] == "api_error")
        }
    }

    @Test(arguments: ["/v1/stripe-webhook", "/readyz"])
    func `a queue that is full answers 503 and says when to come again`(path: String) async throws {
        var settings = WebHarness.Settings()
        settings.writerLimits = EventBatches.Limits(maxWaiting: 0)
        try await WebHarness.with(settings) { harness in
            let answer =
                path == "/readyz"
                ? try await harness.get(path, key: nil)
                : try await harness.deliver(MadeEvent.charge("ch_a").body)
            #expect(answer.status == 503)
            #expect(answer.headers["Retry-After"] != nil)
        }
    }

    @Test(arguments: [
        "/v1/stripe-webhook", "/readyz", "/v1/transactions", "/v1/transactions/ch_a", "/v1/events",
    ])
    func `a store that is closed answers 503`(path: String) async throws {
        try await WebHarness.with { harness in
            await harness.store.close()
            let answer =
                path == WebHarness.webhookPath
                ? try await harness.deliver(MadeEvent.charge("ch_a").body)
                : try await harness.get(path, key: path == "/v1/events" ? .ops : .feed)
            #expect(answer.status == 503)
        }
    }

    @Test func `a process whose store is closed is alive`() async throws {
        try await WebHarness.with { harness in
            await harness.store.close()
            let answer = try await harness.get("/healthz", key: nil)
            #expect(answer.status == 200)
        }
    }
}
