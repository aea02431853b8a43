import StripeAPI
import Testing

struct StripeAPIBaseTests {
    @Test(arguments: [
        "https://api.stripe.com", "https://api.stripe.com/", "HTTPS://API.STRIPE.COM:443",
        "http://127.0.0.1:12111",
        "http://127.1.2.3", "http://localhost:1", "http://[::1]:12111/", "https://stripe.internal:8443",
    ])
    func `accepts https, and http that stays on this machine`(text: String) throws {
        _ = try StripeAPIBase(text)
    }

    @Test(
        arguments: [
            ("http://api.stripe.com", .insecure), ("http://0.0.0.0", .insecure),
            ("http://128.0.0.1", .insecure),
            ("http://127.0.0.1.example.com", .insecure), ("http://localhost.example.com", .insecure),
            ("ftp://127.0.0.1", .insecure), ("file:///etc/passwd", .notAURL),
            ("https://api.stripe.com/v1", .moreThanAnOrigin),
            ("https://api.stripe.com?x=1", .moreThanAnOrigin),
            ("https://api.stripe.com#x", .moreThanAnOrigin),
            ("https://a:b@api.stripe.com", .moreThanAnOrigin),
            ("http://127.0.0.1:80@api.stripe.com", .insecure), ("", .notAURL), ("api.stripe.com", .notAURL),
            ("https://", .notAURL), ("https://api.stripe.com:99999", .notAURL),
            ("https://api stripe.com", .notAURL),
        ] as [(String, StripeAPIBase.Fault)]
    )
    func `refuses what would send the key somewhere else`(text: String, fault: StripeAPIBase.Fault) {
        #expect(throws: fault) { try StripeAPIBase(text) }
    }

    @Test func `Stripe's own is what its text says`() throws {
        #expect(try StripeAPIBase("https://api.stripe.com") == .stripe)
    }
}

struct StripeAPIVersionTests {
    @Test func `the pinned version is one`() {
        #expect(StripeAPIVersion("2026-09-30.endive") == .pinned)
    }

    @Test(arguments: [
        "", "endive", "2026-09-30.", "2026-9-30", "2026-09-30.Endive", "2026-09-30.endive.x", "2026-09-30\n",
        "2026-09-30.endive\r\nX: y", "20260-9-30", "2026/09/30",
    ])
    func `refuses an invalid version`(text: String) {
        #expect(StripeAPIVersion(text) == nil)
    }
}
