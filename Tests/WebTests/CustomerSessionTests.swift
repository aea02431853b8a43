import Billing
import HTTPClient
import Testing

@testable import Web

/// `POST /v1/customer_sessions`, and what its token opens.
@Suite(.timeLimit(.minutes(5)))
struct CustomerSessionTests {
    @Test func `a session has an address of the page, a token and an end`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.postSession(
                #"{"customer":"cus_one","owner":"akash1the0wnerygferu","return_url":"https://console.akash.network/billing"}"#
            )
            #expect(answer.status == 200)
            #expect(answer.headers["Cache-Control"] == "no-store")
            #expect(answer.json.names == ["object", "url", "token", "expires_at"])
            #expect(answer.json["object"] == "customer_session")
            #expect(answer.json["token"]?.string?.hasPrefix("cbs1.") == true)
            let link = answer.json["url"]?.string
            #expect(link?.hasPrefix("https://billing.example.com/billing?session=cbl1.") == true)
            #expect(answer.json["expires_at"]?.integer == harness.clock.now.unixSeconds &+ 3600)
        }
    }

    @Test(arguments: [
        ("", "body"), ("[]", "body"), ("7", "body"), ("{", "body"), (#"{"customer":"cus_one"}}"#, "body"),
        ("{}", "customer"), (#"{"customer":null}"#, "customer"), (#"{"customer":""}"#, "customer"),
        (#"{"customer":7}"#, "customer"), (#"{"customer":"a b"}"#, "customer"),
        (#"{"customer":"cus_one","customer":"cus_two"}"#, "customer"),
        (#"{"customer":"cus_one","owner":"a b"}"#, "owner"), (#"{"customer":"cus_one","owner":""}"#, "owner"),
        (#"{"customer":"cus_one","return_url":"http://console.akash.network"}"#, "return_url"),
        (#"{"customer":"cus_one","return_url":"javascript:alert(1)"}"#, "return_url"),
        (#"{"customer":"cus_one","return_url":"https://"}"#, "return_url"),
        (#"{"customer":"cus_one","return_url":"//evil.example"}"#, "return_url"),
        (#"{"customer":"cus_one","return_url":"https://me@evil.example"}"#, "return_url"),
        (#"{"customer":"cus_one","return_url":"https:\\evil.example"}"#, "return_url"),
        (#"{"customer":"cus_one","return_url":"https://a.example/\"><script>"}"#, "return_url"),
        (#"{"customer":"cus_one","return_url":"https://localhost.evil.example:99999"}"#, "return_url"),
        (#"{"customer":"cus_one","return_url":"http://127.0.0.1.evil.example"}"#, "return_url"),
        (#"{"customer":"cus_one","colour":"red"}"#, "colour"),
    ])
    func `an invalid request is refused by name`(body: String, parameter: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.postSession(body)
            #expect(answer.status == 400 && answer.errorParameter == parameter, "\(answer.text)")
        }
    }

    @Test(arguments: [
        "https://console.akash.network", "https://console.akash.network:8443/a/b?c=d&e=%20#f",
        "http://localhost:3000/billing", "http://127.0.0.1", "http://[::1]:3000/",
    ])
    func `the way back is https, or on this machine`(address: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.postSession(#"{"customer":"cus_one","return_url":"\#(address)"}"#)
            #expect(answer.status == 200)
        }
    }

    @Test func `the longest of everything still fits a cookie, and a byte more is refused`() async throws {
        try await WebHarness.with { harness in
            let customer = String(repeating: #"\""#, count: 255)
            let owner = String(repeating: "o", count: 128)
            let base = "https://a.example/"
            for (length, status) in [(2048, 200), (2049, 400)] {
                let address = base + String(repeating: "p", count: length - base.utf8.count)
                let answer = try await harness.postSession(
                    #"{"customer":"\#(customer)","owner":"\#(owner)","return_url":"\#(address)"}"#
                )
                #expect(answer.status == status)
                guard let token = answer.json["token"]?.string else { continue }
                #expect(token.utf8.count <= SessionSigner.maximumLength)
                #expect(
                    try await harness.get("/v1/transactions", key: nil, headers: [bearer(token)]).status
                        == 200
                )
                let cookie = harness.cookie(token)
                #expect(try await harness.get("/v1/transactions", key: nil, headers: [cookie]).status == 200)
            }
            let large = String(repeating: " ", count: 8193)
            #expect(try await harness.postSession(large).status == 413)
        }
    }

    @Test func `its token opens only the customer's own data, without naming the customer`()
        async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let session = [bearer(harness.sessionToken())]
            let own = try await harness.ids("/v1/transactions?customer=cus_one")
            let ids = try await harness.get("/v1/transactions", key: nil, headers: session).ids
            #expect(ids == own && !own.isEmpty)
            for path in [
                "/v1/transactions?customer=cus_two", "/v1/transactions/ch_c", "/v1/transactions/ch_c/receipt",
                "/v1/transactions/ch_c/receipt/print",
            ] {
                let other = try await harness.get(path, key: nil, headers: session)
                let absent = try await harness.get(
                    path.replacing("cus_two", with: "cus_nobody").replacing("ch_c", with: "ch_nobody"),
                    key: nil,
                    headers: session
                )
                #expect(other.status == 404 && other.withoutRequestID == absent.withoutRequestID, "\(path)")
            }
        }
    }

    @Test func `it expires at its second, with that reason`() async throws {
        try await WebHarness.with { harness in
            let session = [bearer(harness.sessionToken())]
            harness.clock.advance(seconds: 3599)
            #expect(try await harness.get("/v1/transactions", key: nil, headers: session).status == 200)
            harness.clock.advance(seconds: 1)
            let answer = try await harness.get("/v1/transactions", key: nil, headers: session)
            #expect(answer.status == 401 && answer.errorCode == "session_expired")
            #expect(answer.headers["WWW-Authenticate"]?.contains("invalid_token") == true)
        }
    }

    @Test func `no byte of a token can be another`() async throws {
        try await WebHarness.with { harness in
            let token = Array(harness.sessionToken().utf8)
            let signer = harness.settings.sessionSigner
            for index in token.indices.dropFirst(5) {
                var altered = token
                // One bit off is another letter of the alphabet, or none of it.
                altered[index] ^= 1
                let text = String(decoding: altered, as: UTF8.self)
                #expect(signer.verdict(on: text, now: harness.clock.now) == .forged, "byte \(index)")
            }
        }
    }

    @Test func `every text that is no token is turned away, whatever it looks like`() async throws {
        try await WebHarness.with { harness in
            let good = harness.sessionToken()
            let receipt = String(
                harness.settings.linkSigner.receiptLink(.ofSample("ch_a"), now: harness.clock.now).suffix(64)
            )
            let parts = good.split(separator: ".").map(String.init)
            for text in [
                "cbs1.", "cbs1..", "cbs1.e30.\(receipt)", "cbs1.\(parts[1])", "cbs1.\(parts[1]).",
                "cbs1.\(parts[1]).\(receipt)", "cbs1.\(parts[1]).\(parts[2]).x", good + "x", good + ".",
                String(repeating: "cbs1.", count: 1000), "cbs1." + String(repeating: "A", count: 5000),
            ] {
                let answer = try await harness.get("/v1/transactions", key: nil, headers: [bearer(text)])
                #expect(answer.status == 401 && answer.errorCode == "session_invalid", "\(text.prefix(80))")
            }
        }
    }

    @Test func `a session outlives a change of the secret while the old one is still listed`() async throws {
        var old = WebHarness.Settings()
        old.linkSecrets = ["the secret before, of at least 32 bytes"]
        var both = WebHarness.Settings()
        both.linkSecrets = [WebHarness.linkSecret, old.linkSecrets[0]]
        let token = old.sessionSigner.token(
            for: old.sessionSigner.session(of: "cus_one", now: TestClock.start)
        )
        for (settings, status) in [(both, 200), (WebHarness.Settings(), 401)] {
            try await WebHarness.with(settings) { harness in
                let answer = try await harness.get("/v1/transactions", key: nil, headers: [bearer(token)])
                #expect(answer.status == status)
            }
        }
    }

    @Test(arguments: ["/v1/events", "/v1/jobs", "/v1/backup"])
    func `it reads, and opens nothing for operators`(path: String) async throws {
        try await WebHarness.with { harness in
            let token = harness.sessionToken()
            for header in [bearer(token), harness.cookie(token)] {
                let answer = try await harness.get(path, key: nil, headers: [header])
                #expect(answer.status == 403 && answer.errorCode == "scope_missing")
            }
            let begun = try await harness.post(
                "/v1/customer_sessions",
                Array(#"{"customer":"cus_one"}"#.utf8),
                headers: [bearer(token)]
            )
            #expect(begun.status == 403, "it makes no session in turn")
        }
    }
}
