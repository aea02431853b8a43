import Billing
import HTTPClient
import StripeAPI
import StripeStandIn
import Testing

/// A request's trace: in the log, and in the requests to Stripe that it causes.
@Suite(.timeLimit(.minutes(5)))
struct TraceTests {
    private static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00-\(traceID)-00f067aa0ba902b7-01"

    private func recorded(_ recorder: LogRecorder) -> WebHarness.Settings {
        var settings = WebHarness.Settings()
        settings.logger = recorder.logger
        return settings
    }

    /// The value after a name in a line of the recorder.
    private func field(_ name: String, in line: String) throws -> String? {
        try Regex("\"\(name)\": ([0-9A-Za-z_-]+)").firstMatch(in: line)?.output[1].substring.map(String.init)
    }

    @Test func `Stripe is asked in the trace that the request came with, as a span of its own`() async throws
    {
        let recorder = LogRecorder()
        let events = [MadeEvent.charge("ch_a")]
        try await WebHarness.withStandIn(events, settings: recorded(recorder)) { harness, standIn in
            let path = try await harness.receiptPath("ch_a")
            let headers = [
                TransportHeader("traceparent", Self.parent), TransportHeader("tracestate", "rojo=1,congo=2"),
            ]
            let answer = try await harness.get(path, key: nil, headers: headers)
            #expect(answer.status == 302)
            let asked = try #require(standIn.requests.last)
            let parts = try #require(asked.traceparent).split(separator: "-").map(String.init)
            #expect(parts[0] == "00" && parts[1] == Self.traceID && parts[3] == "01")
            #expect(asked.tracestate == "rojo=1,congo=2")
            let line = try #require(recorder.lines.last { $0.contains("/receipt 302") })
            #expect(try field("trace_id", in: line) == Self.traceID)
            #expect(try field("request_id", in: line) == answer.headers["Request-Id"])
            let own = try #require(try field("traceparent", in: line)).split(separator: "-").map(String.init)
            #expect(own[0] == "00" && own[1] == Self.traceID && own[3] == "01")
            // The caller's span, ours and that of the question to Stripe.
            #expect(Set([own[2], parts[2], "00f067aa0ba902b7"]).count == 3)
        }
    }

    @Test(arguments: ["", "garbage", "00-\(String(repeating: "0", count: 32))-00f067aa0ba902b7-01"])
    func `a request without a trace begins one`(parent: String) async throws {
        let recorder = LogRecorder()
        let events = [MadeEvent.charge("ch_a")]
        try await WebHarness.withStandIn(events, settings: recorded(recorder)) { harness, standIn in
            let path = try await harness.receiptPath("ch_a")
            let headers = parent.isEmpty ? [] : [TransportHeader("traceparent", parent)]
            #expect(try await harness.get(path, key: nil, headers: headers).status == 302)
            // Until the fresh link expires.
            harness.clock.advance(seconds: 11)
            #expect(try await harness.get(path, key: nil, headers: headers).status == 302)
            let traces = standIn.requests.compactMap { $0.traceparent?.split(separator: "-")[1] }
            #expect(traces.count == 2 && Set(traces).count == 2)
            let lines = recorder.lines.filter { $0.contains("/receipt 302") }
            #expect(try lines.map { try field("trace_id", in: $0) } == traces.map(String.init))
        }
    }

    @Test func `every log line of a request has its request id and trace, also from lower modules`()
        async throws
    {
        let recorder = LogRecorder()
        var settings = recorded(recorder)
        settings.wrapping = { _ in StoreOutage(code: .busy) }
        try await WebHarness.with(settings) { harness in
            let parent = TransportHeader("traceparent", Self.parent)
            try await harness.deliver(MadeEvent.charge("ch_a").body, headers: [parent])
            _ = try await harness.get("/v1/transactions", headers: [parent])
            let header = TransportHeader("Stripe-Signature", "t=1,v1=\(String(repeating: "0", count: 64))")
            _ = try await harness.post(WebHarness.webhookPath, [1], headers: [header, parent])
        }
        let lines = recorder.lines.filter {
            $0.contains(" /v1/") || $0.contains("refused") || $0.hasPrefix("error")
        }
        #expect(lines.count >= 4)
        for line in lines {
            #expect(try field("trace_id", in: line) == Self.traceID, "\(line)")
            #expect(try field("request_id", in: line)?.hasPrefix("req_") == true, "\(line)")
            let parent = try field("traceparent", in: line)
            #expect(parent?.hasPrefix("00-\(Self.traceID)-") == true && parent?.count == 55, "\(line)")
        }
    }

    @Test func `a line of another module's own logger has them too`() async throws {
        let recorder = LogRecorder()
        var settings = recorded(recorder)
        let logger = recorder.logger
        settings.receipts = SpeakingReceipts { logger.notice("asked") }
        try await WebHarness.with(settings) { harness in
            try await harness.deliver([MadeEvent.charge("ch_a")])
            let path = try await harness.receiptPath("ch_a")
            _ = try await harness.get(path, key: nil, headers: [TransportHeader("traceparent", Self.parent)])
        }
        let line = try #require(recorder.lines.first { $0.contains("asked") })
        #expect(try field("trace_id", in: line) == Self.traceID)
        #expect(try field("request_id", in: line) != nil)
    }
}

/// A source of receipts that has none, and logs each request.
private struct SpeakingReceipts: ReceiptSource {
    let say: @Sendable () -> Void

    func freshURL(for target: ReceiptTarget) async throws(ReceiptUnavailable) -> ReceiptURL {
        say()
        throw ReceiptUnavailable("there is none")
    }
}
