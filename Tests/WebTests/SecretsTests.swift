import Billing
import Cryptography
import HTTPClient
import StripeAPI
import Testing

@testable import Web

/// Secrets that are changed while the service runs, and their uses.
@Suite(.timeLimit(.minutes(5)))
struct SecretsTests {
    private static let old = "whsec_the_one_that_was_there_before"
    private static let new = "whsec_the_one_that_Stripe_rolled_to"
    private static let oldLink = "the link secret that was there before, 32 bytes"
    private static let newLink = "the link secret that comes after it, 32 bytes"

    private func settings(_ webhook: [String] = [old], links: [String] = [oldLink]) -> WebHarness.Settings {
        var settings = WebHarness.Settings()
        settings.webhookSecrets = webhook
        settings.linkSecrets = links
        return settings
    }

    /// Replaces the secrets, as a reload does.
    @discardableResult
    private func change(
        _ harness: WebHarness,
        to settings: WebHarness.Settings,
        keys: [APIKey]? = nil
    ) throws -> [SecretChange] {
        var set = try settings.secretSet()
        set.keys = keys ?? set.keys
        return harness.secrets.replace(with: set, now: harness.clock.now)
    }

    /// Delivers an event of its own, signed with `secret`, and gives the answer's status.
    private func delivery(_ harness: WebHarness, _ id: String, _ secret: String) async throws -> Int {
        let body = MadeEvent.charge(id).body
        let header = TransportHeader("Stripe-Signature", try harness.signature(of: body, secret: secret))
        return try await harness.post(WebHarness.webhookPath, body, headers: [header]).status
    }

    private func fingerprint(_ text: String) -> String { SHA256Digest(of: Array(text.utf8)).fingerprint }

    // MARK: Changing

    @Test func `a webhook secret is rolled without refusing a delivery signed with an active one`()
        async throws
    {
        try await WebHarness.with(settings()) { harness in
            #expect(try await delivery(harness, "ch_1", Self.old) == 200)
            #expect(try await delivery(harness, "ch_2", Self.new) == 400)
            try change(harness, to: settings([Self.new, Self.old]))
            #expect(try await delivery(harness, "ch_3", Self.old) == 200)
            #expect(try await delivery(harness, "ch_4", Self.new) == 200)
            try change(harness, to: settings([Self.new]))
            #expect(try await delivery(harness, "ch_5", Self.old) == 400)
            #expect(try await delivery(harness, "ch_6", Self.new) == 200)
        }
    }

    @Test func `links and sessions of a former secret stay valid until it is removed`() async throws {
        var before = settings()
        before.receipts = ScriptedReceipts(link: "https://pay.stripe.com/receipts/fresh")
        try await WebHarness.with(before) { harness in
            #expect(try await delivery(harness, "ch_1", Self.old) == 200)
            let link = try await harness.receiptPath("ch_1")
            let session = harness.sessionToken()
            func opened() async throws -> [Int] {
                [
                    try await harness.get(link, key: nil).status,
                    try await harness.get("/v1/transactions", key: nil, headers: [bearer(session)]).status,
                ]
            }
            #expect(try await opened() == [302, 200])
            try change(harness, to: settings(links: [Self.newLink, Self.oldLink]))
            #expect(try await opened() == [302, 200])
            #expect(try await harness.receiptPath("ch_1") != link)
            try change(harness, to: settings(links: [Self.newLink]))
            #expect(try await opened() == [403, 401])
            #expect(try await harness.get(try await harness.receiptPath("ch_1"), key: nil).status == 302)
        }
    }

    @Test func `an API key is let in from when it is there until it is gone`() async throws {
        let new = APIKey(name: "new", digest: SHA256Digest(of: Array("cbk_new".utf8)), scopes: [.ops])
        let header = TransportHeader("x-api-key", "cbk_new")
        try await WebHarness.with { harness in
            func status() async throws -> Int {
                try await harness.send(.get, "/v1/events", headers: [header]).status
            }
            #expect(try await status() == 401)
            try change(harness, to: harness.settings, keys: TestKey.all + [new])
            #expect(try await status() == 200)
            #expect(try await harness.get("/v1/events", key: .ops).status == 200)
            try change(harness, to: harness.settings, keys: TestKey.all)
            #expect(try await status() == 401)
        }
    }

    @Test func `a request ends with the secrets that it began with`() async throws {
        let receipts = WaitingReceipts()
        var before = settings()
        before.receipts = receipts
        try await WebHarness.with(before) { harness in
            #expect(try await delivery(harness, "ch_1", Self.old) == 200)
            let link = try await harness.receiptPath("ch_1")
            async let opening = harness.get(link, key: nil)
            await receipts.untilAsked()
            try change(harness, to: settings(links: [Self.newLink]))
            receipts.answer("https://pay.stripe.com/receipts/fresh")
            #expect(try await opening.status == 302)
            #expect(try await harness.get(link, key: nil).status == 403)
        }
    }

    // MARK: Telling

    private func listed(_ harness: WebHarness) async throws -> [ReceivedJSON] {
        let answer = try await harness.get("/v1/secrets", key: .ops)
        #expect(answer.status == 200)
        return answer.json["data"]?.array ?? []
    }

    @Test func `each secret is listed with its uses, and without its value`() async throws {
        let before = settings([Self.new, Self.old], links: [Self.newLink, Self.oldLink])
        try await WebHarness.with(before) { harness in
            #expect(try await delivery(harness, "ch_1", Self.old) == 200)
            #expect(try await delivery(harness, "ch_2", Self.old) == 200)
            #expect(try await delivery(harness, "ch_3", "whsec_of_somebody_else") == 400)
            harness.clock.advance(seconds: 60)
            _ = try await harness.get("/v1/transactions", key: nil, headers: [bearer(harness.sessionToken())])
            _ = try await harness.get("/v1/transactions", key: .ops)
            let text = try await harness.get("/v1/secrets", key: .ops).text
            for secret in [Self.old, Self.new, Self.oldLink, Self.newLink] {
                #expect(!text.contains(secret) && !text.contains(SHA256Digest(of: Array(secret.utf8)).hex))
            }
            let rows = try await listed(harness)
            func row(_ kind: String, _ text: String) throws -> ReceivedJSON {
                try #require(
                    rows.first {
                        $0["kind"]?.string == kind && $0["fingerprint"]?.string == fingerprint(text)
                    }
                )
            }
            let begun = TestClock.start.unixSeconds
            let idle = try row("webhook", Self.new)
            #expect(idle["position"] == 1 && idle["uses"] == 0 && idle["last_used_at"] == nil)
            let used = try row("webhook", Self.old)
            #expect(used["position"] == 2 && used["uses"] == 2 && used["last_used_at"]?.integer == begun)
            let link = try row("link", Self.newLink)
            #expect(link["uses"] == 1 && link["last_used_at"]?.integer == begun &+ 60)
            let key = try row("api_key", TestKey.ops.rawValue)
            // Two requests; one without the permission does not count as a use.
            #expect(key["uses"] == 2 && key["name"]?.string == "ops")
            let feed = try row("api_key", TestKey.feed.rawValue)
            #expect(feed["uses"] == 0 && feed["in_force_since"]?.integer == begun)
        }
    }

    @Test func `a session in a cookie counts once a request, and a signed link only when it opens`()
        async throws
    {
        var before = settings()
        before.receipts = ScriptedReceipts(link: "https://pay.stripe.com/receipts/fresh")
        try await WebHarness.with(before) { harness in
            #expect(try await delivery(harness, "ch_1", Self.old) == 200)
            func uses() async throws -> (used: Int64?, signed: Int64?) {
                let row = try await listed(harness).first { $0["kind"]?.string == "link" }
                return (row?["uses"]?.integer, row?["signatures"]?.integer)
            }
            _ = try await harness.get(
                "/v1/transactions/ch_1",
                key: nil,
                headers: [harness.cookie(harness.sessionToken())]
            )
            #expect(try await uses() == (1, 1))
            let link = try await harness.receiptPath("ch_1")
            _ = try await harness.get(link, key: nil)
            #expect(try await uses() == (2, 2))
            harness.clock.advance(seconds: 7200)
            #expect(try await harness.get(link, key: nil).status == 403)
            #expect(try await uses() == (2, 2))
        }
    }

    @Test func `an unchanged secret keeps its counters, and a new one begins at zero`() async throws {
        try await WebHarness.with(settings()) { harness in
            #expect(try await delivery(harness, "ch_1", Self.old) == 200)
            harness.clock.advance(seconds: 5)
            let changes = try change(harness, to: settings([Self.new, Self.old]))
            #expect(changes.map(\.description) == ["STRIPE_WEBHOOK_SECRET: added \(fingerprint(Self.new))"])
            let rows = try await listed(harness).filter { $0["kind"]?.string == "webhook" }
            let begun = TestClock.start.unixSeconds
            #expect(rows.map { $0["uses"]?.integer } == [0, 1])
            #expect(rows.map { $0["in_force_since"]?.integer } == [begun &+ 5, begun])
        }
    }

    @Test func `metrics have each secret's uses and the result of the last reload`() async throws {
        try await WebHarness.with(settings()) { harness in
            #expect(try await delivery(harness, "ch_1", Self.old) == 200)
            func lines() async throws -> [Substring] {
                try await harness.get("/metrics", key: .metrics).text.split(separator: "\n")
            }
            let labels = #"{kind="webhook",name="",fingerprint="\#(fingerprint(Self.old))"}"#
            let found = try await lines()
            let begun = TestClock.start.unixSeconds
            #expect(found.contains("console_billing_secret_uses_total\(labels) 1"))
            #expect(found.contains("console_billing_secret_last_used_timestamp_seconds\(labels) \(begun)"))
            #expect(found.contains("console_billing_secrets_last_read_successful 1"))
            harness.clock.advance(seconds: 9)
            harness.secrets.rejectReload(because: ["API_KEYS is invalid."], now: harness.clock.now)
            let after = try await lines()
            #expect(after.contains("console_billing_secrets_last_read_successful 0"))
            #expect(after.contains("console_billing_secrets_last_taken_timestamp_seconds \(begun)"))
            let reading = try await harness.get("/v1/secrets", key: .ops).json["last_reading"]
            #expect(reading?["successful"] == false && reading?["at"]?.integer == begun &+ 9)
            #expect(reading?["problems"]?.array.map(\.string) == ["API_KEYS is invalid."])
        }
    }

    // MARK: Changes

    private func described(_ settings: WebHarness.Settings, keys: [APIKey] = []) throws -> [ActiveSecret] {
        var set = try settings.secretSet()
        set.keys = keys
        let rules = SigningRules(
            publicURL: "",
            receiptLinkSeconds: 1,
            exportLinkSeconds: 1,
            sessionSeconds: 1
        )
        return SecretStore(set, rules: rules, now: TestClock.start).active.list
    }

    @Test func `the order of link secrets is a change, and that of webhook secrets is none`() throws {
        let before = try described(settings([Self.old, Self.new], links: [Self.oldLink, Self.newLink]))
        let after = try described(settings([Self.new, Self.old], links: [Self.newLink, Self.oldLink]))
        #expect(SecretChange(.webhook, before: before, after: after) == nil)
        let change = try #require(SecretChange(.link, before: before, after: after))
        #expect(change.description == "LINK_SIGNING_SECRET: signing with \(fingerprint(Self.newLink))")
    }

    @Test func `a key that may do something else, or has another name, is a change`() throws {
        func key(_ name: String, _ scopes: Set<Scope>) -> APIKey {
            APIKey(name: name, digest: SHA256Digest(of: [1]), scopes: scopes)
        }
        let before = try described(settings(), keys: [key("a", [.ops])])
        func change(_ keys: [APIKey]) throws -> String? {
            try SecretChange(.apiKey, before: before, after: described(settings(), keys: keys))?.description
        }
        let print = SHA256Digest(of: [1]).fingerprint
        #expect(try change([key("a", [.ops])]) == nil)
        #expect(try change([key("a", [.feedRead])]) == "API_KEYS: other scopes for a (\(print))")
        #expect(try change([key("b", [.ops])]) == "API_KEYS: added b (\(print)); removed a (\(print))")
        #expect(try change([]) == "API_KEYS: removed a (\(print))")
    }

    @Test func `a secret that is given twice is one`() throws {
        let list = try described(settings([Self.old, Self.old], links: [Self.oldLink, Self.oldLink]))
        #expect(list.map(\.kind) == [.webhook, .link])
    }
}

/// A source of receipts that answers when a test lets it.
private final class WaitingReceipts: ReceiptSource {
    private let asked = AsyncStream.makeStream(of: Void.self)
    private let links = AsyncStream.makeStream(of: String.self)

    func freshURL(for target: ReceiptTarget) async throws(ReceiptUnavailable) -> ReceiptURL {
        asked.continuation.yield()
        for await link in links.stream {
            guard let url = ReceiptURL(link, allowing: .stripe) else { break }
            return url
        }
        throw ReceiptUnavailable("no answer")
    }

    func untilAsked() async { for await _ in asked.stream { return } }

    func answer(_ link: String) { links.continuation.yield(link) }
}
