import Billing
import HTTPClient
import StripeAPI
import Testing
import Webhooks

@testable import Web

/// Signed links: their targets and their lifetime.
@Suite(.timeLimit(.minutes(5)))
struct ReceiptLinkTests {
    private static let settings = {
        var settings = WebHarness.Settings()
        settings.receipts = ScriptedReceipts(link: "https://pay.stripe.com/receipts/fresh")
        return settings
    }()

    /// Runs `body` with the path of a good link to the receipt of `ch_a`.
    private func withLink(
        _ settings: WebHarness.Settings = settings,
        _ body: (WebHarness, String) async throws -> Void
    ) async throws {
        try await WebHarness.with(settings) { harness in
            try await harness.deliver(FeedSample.events)
            try await body(harness, try await harness.receiptPath("ch_a"))
        }
    }

    @Test func `a link alone opens the receipt`() async throws {
        try await withLink { harness, path in
            let answer = try await harness.get(path, key: nil)
            #expect(answer.status == 302)
            #expect(answer.headers["Location"] == "https://pay.stripe.com/receipts/fresh")
        }
    }

    @Test func `a link opens the printed page of the same receipt`() async throws {
        try await withLink { harness, path in
            let answer = try await harness.get(path.replacing("/receipt?", with: "/receipt/print?"), key: nil)
            #expect(answer.status == 200)
        }
    }

    @Test func `a link may request the PDF`() async throws {
        try await withLink { harness, path in
            let answer = try await harness.get(path + "&format=pdf", key: nil)
            #expect(answer.status == 302)
        }
    }

    @Test func `a link is good to its last second, and then has expired`() async throws {
        try await withLink { harness, path in
            harness.clock.advance(seconds: 899)
            let good = try await harness.get(path, key: nil)
            harness.clock.advance(seconds: 1)
            let expired = try await harness.get(path, key: nil)
            #expect([good.status, expired.status] == [302, 403])
            #expect(expired.errorCode == "link_expired")
        }
    }

    @Test(arguments: [("cus_one", 302), ("cus_two", 403)])
    func `a link that has expired opens for its customer, who is signed in`(
        customer: String,
        status: Int
    ) async throws {
        try await withLink { harness, path in
            harness.clock.advance(seconds: 900)
            let cookie = harness.cookie(harness.sessionToken(customer))
            let answer = try await harness.get(path, key: nil, headers: [cookie])
            #expect(answer.status == status)
            let forged = try await harness.get(path + "0", key: nil, headers: [cookie])
            #expect(forged.errorCode == "link_invalid")
        }
    }

    @Test func `an expired link shows a browser a page`() async throws {
        try await withLink { harness, path in
            harness.clock.advance(seconds: 900)
            let accepted = TransportHeader("Accept", "text/html")
            let answer = try await harness.get(path, key: nil, headers: [accepted])
            #expect(answer.status == 403)
            #expect(answer.headers["Content-Type"] == "text/html; charset=utf-8")
        }
    }

    static let alterations: [(what: String, alter: @Sendable (String) -> String)] = [
        ("another id", { $0.replacing("/ch_a/", with: "/ch_c/") }),
        ("an unknown id", { $0.replacing("/ch_a/", with: "/ch_nobody/") }),
        ("a later expiry", { $0.replacing("expires=1", with: "expires=2") }),
        ("an expiry with a zero before it", { $0.replacing("expires=", with: "expires=0") }),
        ("an expiry with a plus before it", { $0.replacing("expires=", with: "expires=%2B") }),
        ("an expiry beyond 64 bits", { $0.replacing("expires=", with: "expires=99999999999") }),
        ("no expiry", { $0.replacing(/expires=[0-9]+&/, with: "") }),
        ("an empty expiry", { $0.replacing(/expires=[0-9]+&/, with: "expires=&") }),
        ("no signature", { $0.replacing(/&signature=.*/, with: "") }),
        ("an empty signature", { $0.replacing(/signature=.*/, with: "signature=") }),
        ("a signature cut short", { String($0.dropLast()) }),
        ("a longer signature", { $0 + "0" }),
        ("another last digit", { $0.dropLast() + ($0.hasSuffix("0") ? "1" : "0") }),
        (
            "an upper-case signature",
            { path in
                let parts = path.split(separator: "signature=")
                return parts[0] + "signature=" + parts[1].uppercased()
            }
        ),
        (
            "a signature of zeros",
            { $0.replacing(/signature=.*/, with: "signature=" + String(repeating: "0", count: 64)) }
        ),
    ]

    @Test(arguments: alterations.indices)
    func `an altered link is refused`(index: Int) async throws {
        let (what, alter) = Self.alterations[index]
        try await withLink { harness, path in
            let answer = try await harness.get(alter(path), key: nil)
            #expect(answer.status == 403, "\(what)")
            #expect(answer.errorCode == "link_invalid", "\(what)")
        }
    }

    @Test func `a forged link gets the same answer whether or not the row exists`() async throws {
        try await withLink { harness, path in
            let existing = try await harness.get(path.replacing("/ch_a/", with: "/ch_c/"), key: nil)
            let missing = try await harness.get(path.replacing("/ch_a/", with: "/ch_nobody/"), key: nil)
            #expect(existing.withoutRequestID == missing.withoutRequestID)
        }
    }

    @Test func `a bad link is refused though a good key comes with it`() async throws {
        try await withLink { harness, path in
            let answer = try await harness.get(String(path.dropLast()), key: .feed)
            #expect(answer.status == 403)
        }
    }

    @Test(arguments: [
        "/v1/transactions", "/v1/transactions/ch_a", "/v1/transactions/export", "/v1/stripe/transactions",
        "/v1/events",
    ])
    func `a link opens nothing but its receipt`(path: String) async throws {
        try await withLink { harness, link in
            let query = try #require(link.split(separator: "?").last)
            let answer = try await harness.get("\(path)?\(query)", key: nil)
            #expect(answer.status == 401)
        }
    }

    @Test func `a link for a row that has gone since finds nothing`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            let link = harness.settings.linkSigner.receiptLink(
                TransactionLink(transaction: "ch_gone", owner: nil, purpose: .receipt),
                now: harness.clock.now
            )
            let answer = try await harness.get(try harness.path(ofLink: link), key: nil)
            #expect(answer.status == 404)
        }
    }

    @Test func `an id of characters that a path cannot hold has a link that opens`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            try await harness.deliver([.charge("ch_a/b?c%41&d")])
            let row = try #require(try await harness.get("/v1/transactions").rows.first)
            let link = try harness.path(ofLink: row["receipt"]?["url"]?.string ?? "")
            let answer = try await harness.get(link, key: nil)
            #expect(answer.status == 302)
        }
    }

    // MARK: Rotation

    @Test func `a link of the secret before still opens`() async throws {
        var settings = Self.settings
        settings.linkSecrets = ["the new secret, thirty-two bytes long", WebHarness.linkSecret]
        try await withLink(settings) { harness, _ in
            let before = WebHarness.Settings().linkSigner.receiptLink(
                .ofSample("ch_a"),
                now: harness.clock.now
            )
            let answer = try await harness.get(try harness.path(ofLink: before), key: nil)
            #expect(answer.status == 302)
        }
    }

    @Test func `new links are signed with the first secret`() async throws {
        var settings = Self.settings
        settings.linkSecrets = ["the new secret, thirty-two bytes long", WebHarness.linkSecret]
        try await withLink(settings) { harness, path in
            var only = settings
            only.linkSecrets = [settings.linkSecrets[0]]
            let expected = only.linkSigner.receiptLink(.ofSample("ch_a"), now: harness.clock.now)
            let expectedPath = try harness.path(ofLink: expected)
            #expect(path == expectedPath)
        }
    }

    @Test func `a link of a secret that was taken away opens nothing`() async throws {
        try await withLink { harness, _ in
            var old = WebHarness.Settings()
            old.linkSecrets = ["a secret that is not in use any more"]
            let link = old.linkSigner.receiptLink(.ofSample("ch_a"), now: harness.clock.now)
            let answer = try await harness.get(try harness.path(ofLink: link), key: nil)
            #expect(answer.errorCode == "link_invalid")
        }
    }
}
