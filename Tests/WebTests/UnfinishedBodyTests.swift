import HTTPClient
import StripeAPI
import Testing

@testable import Web

/// Bodies that are begun and not finished, by whoever likes to.
@Suite(.timeLimit(.minutes(5)))
struct UnfinishedBodyTests {
    private static let settings = {
        var settings = WebHarness.Settings()
        settings.maxBodyBytes = 1 << 20
        settings.maxBodyBytesInFlight = 256 << 10
        return settings
    }()

    /// A signature that none of our secrets makes.
    private static let forged = "t=1,v1=" + String(repeating: "0", count: 64)

    /// Begins a delivery of 95 KB, and stops before its end.
    private func begin(
        _ harness: WebHarness,
        bytes: Int = 90_000,
        from address: String = "192.0.2.1"
    ) async throws -> RawConnection {
        let connection = try harness.connect()
        await connection.send(
            "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nStripe-Signature: \(Self.forged)\r\n"
                + "X-Forwarded-For: \(address)\r\nContent-Length: 95000\r\n\r\n"
        )
        await connection.send([UInt8](repeating: 0x20, count: bytes))
        return connection
    }

    /// What of bodies has arrived, as the metrics have it.
    private func untilTaken(_ harness: WebHarness, _ isEnough: (Int) -> Bool) async throws {
        while true {
            let text = try await harness.get("/metrics", key: .metrics).text
            let match = text.firstMatch(of: /\nconsole_billing_bodies_in_flight_bytes ([0-9]+)/)
            if isEnough(try #require(match.flatMap { Int($0.1) })) { return }
            await Task.yield()
        }
    }

    @Test(arguments: [
        ("", "signature_missing"), ("Stripe-Signature: hello\r\n", "signature_malformed"),
        ("Stripe-Signature: t=1\r\n", "signature_malformed"),
        ("Stripe-Signature: t=1,v1=zz\r\n", "signature_mismatch"),
    ])
    func `a delivery that nobody signed is refused before its body comes, and the connection ends`(
        field: String,
        code: String
    ) async throws {
        try await WebHarness.with(Self.settings) { harness in
            for framing in ["Content-Length: 1000000", "Transfer-Encoding: chunked"] {
                let connection = try harness.connect()
                await connection.send(
                    "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\n\(field)\(framing)\r\n\r\n"
                )
                let answer = try await connection.answer()
                #expect(answer.status == 400)
                #expect(answer.errorCode == code)
                #expect(await connection.isClosedByPeer())
            }
        }
    }

    @Test func `a small body that nobody signed costs no connection`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            let connection = try harness.connect()
            let request = "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
            for _ in 0..<2 {
                await connection.send(request)
                #expect(try await connection.answer().errorCode == "signature_missing")
            }
        }
    }

    @Test func `what goes over the budget of all bodies is told to come again, and small bodies still pass`()
        async throws
    {
        let recorder = LogRecorder()
        var settings = Self.settings
        settings.logger = recorder.logger
        try await WebHarness.with(settings) { harness in
            // Of 256 KB, the last quarter is for small bodies.
            let held = [try await begin(harness), try await begin(harness, from: "192.0.2.2")]
            try await untilTaken(harness) { $0 == 180_000 }
            let refused = try await begin(harness, bytes: 20_000, from: "192.0.2.3")
            let answer = try await refused.answer()
            #expect(answer.status == 503)
            #expect(answer.errorCode == "bodies_in_flight")
            #expect(answer.headers["Retry-After"] == "5")
            #expect(await refused.isClosedByPeer())
            let metrics = try await harness.get("/metrics", key: .metrics).text
            #expect(metrics.contains("deliveries_total{outcome=\"bodies_in_flight\"} 1\n"))
            #expect(metrics.contains("deliveries_total{outcome=\"refused\"} 0\n"))
            let line = try #require(recorder.lines.first { $0.hasPrefix("error bodies_in_flight") })
            for part in ["MAX_BODY_BYTES_IN_FLIGHT", "180000", "95000", "192.0.2.3"] {
                #expect(line.contains(part), "\(line)")
            }
            #expect(try await harness.deliver(MadeEvent.charge("ch_a").body).status == 200)
            // What is finished takes nothing any more.
            for connection in held {
                await connection.send([UInt8](repeating: 0x20, count: 5000))
                #expect(try await connection.answer().errorCode == "signature_mismatch")
            }
            try await untilTaken(harness) { $0 == 0 }
            let last = try await begin(harness, bytes: 95_000)
            #expect(try await last.answer().errorCode == "signature_mismatch")
        }
    }

    @Test func `one address leaves half of the budget to the others`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            let first = try await begin(harness)
            try await untilTaken(harness) { $0 == 90_000 }
            let refused = try await begin(harness, bytes: 20_000)
            #expect(try await refused.answer().errorCode == "bodies_in_flight")
            let other = try await begin(harness, bytes: 20_000, from: "192.0.2.2")
            try await untilTaken(harness) { $0 == 110_000 }
            withExtendedLifetime((first, other)) {}
        }
    }

    @Test func `a body whose sender goes away or is too slow gives back what it took`() async throws {
        var settings = Self.settings
        settings.deadlineSeconds = 1
        try await WebHarness.with(settings) { harness in
            let slow = try await begin(harness)
            try await untilTaken(harness) { $0 == 90_000 }
            #expect(await slow.isClosedByPeer())
            try await untilTaken(harness) { $0 == 0 }
            _ = try await begin(harness)
            try await untilTaken(harness) { $0 == 0 }
        }
    }

    @Test func `the budget keeps its last quarter for small bodies, and one alone may take all of it`() {
        let budget = BodyBudget(limit: 100 << 10)
        let small = BodyBudget.smallSize
        #expect(budget.take(100 << 10, beside: 0, from: nil))
        #expect(!budget.take(1, beside: 0, from: nil))
        budget.giveBack(100 << 10, from: nil)
        #expect(budget.take(70 << 10, beside: 0, from: nil))
        #expect(!budget.take(small + 1, beside: 0, from: nil))
        #expect(!budget.take((5 << 10) + 1, beside: small, from: nil))
        #expect(budget.take(small, beside: 0, from: nil))
        #expect(budget.bytes == (70 << 10) + small)
    }

    @Test func `what an address may have has a last quarter for small bodies too, and is given back`() throws
    {
        let budget = BodyBudget(limit: 200 << 10)
        let small = BodyBudget.smallSize
        let (one, other) = (NetworkAddress("192.0.2.1"), NetworkAddress("192.0.2.2"))
        #expect(budget.take(70 << 10, beside: 0, from: one))
        #expect(!budget.take(small + 1, beside: 0, from: one))
        #expect(budget.take(small, beside: 0, from: one))
        #expect(!budget.take(small, beside: 0, from: one))
        #expect(budget.take(60 << 10, beside: 0, from: other))
        budget.giveBack(70 << 10, from: one)
        #expect(budget.take(60 << 10, beside: 0, from: one) == false)
        budget.giveBack(small, from: one)
        budget.giveBack(60 << 10, from: other)
        #expect(budget.bytes == 0)
        #expect(budget.take(200 << 10, beside: 0, from: one))
    }
}
