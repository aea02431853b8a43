import Testing

@testable import Traces

/// Valid and invalid trace headers, and the header that is passed on.
struct TraceContextTests {
    private static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let spanID = "00f067aa0ba902b7"
    private static let parent = "00-\(traceID)-\(spanID)-01"

    @Test(arguments: [
        ("00", "00", false), ("00", "01", true), ("00", "03", true), ("00", "fe", false), ("01", "01", true),
        ("cc", "00", false),
    ])
    func `a trace is gone on with, and keeps whether it is sampled`(
        version: String,
        flags: String,
        isSampled: Bool
    ) throws {
        let parent = "\(version)-\(Self.traceID)-\(Self.spanID)-\(flags)"
        let trace = try #require(TraceContext(parents: [parent]))
        #expect(trace.traceID == Self.traceID && trace.spanID == Self.spanID)
        #expect(trace.isSampled == isSampled)
        let next = trace.next { 0xAB }
        #expect(next.traceparent == "00-\(Self.traceID)-00000000000000ab-0\(isSampled ? 1 : 0)")
    }

    @Test(arguments: [
        "", "x", String(parent.dropLast()), parent + "0", parent + "-", parent + "-x",
        "ff" + parent.dropFirst(2),
        parent.uppercased(), "00-\(traceID)-0000000000000000-01",
        "00-00000000000000000000000000000000-\(spanID)-01", "00-\(traceID)-\(spanID)-0g",
        "00_\(traceID)_\(spanID)_01", "0g" + parent.dropFirst(2), " " + parent, parent + " ",
        "00-\(traceID.dropLast())é-\(spanID)-01", "01-\(traceID)-\(spanID)-01x",
        String(repeating: "0", count: 55), String(repeating: "a", count: 10_000),
    ])
    func `an invalid parent counts as none`(text: String) {
        #expect(TraceContext(parents: [text], states: ["a=1"]) == nil)
    }

    @Test func `two parents count as none, because it is unclear which is meant`() {
        #expect(TraceContext(parents: [Self.parent, Self.parent]) == nil)
        #expect(TraceContext(parents: []) == nil)
    }

    @Test(arguments: ["01-\(traceID)-\(spanID)-01-", "01-\(traceID)-\(spanID)-01-more.of.it"])
    func `a version to come may say more`(text: String) {
        #expect(TraceContext(parents: [text])?.traceparent == Self.parent)
    }

    @Test func `a trace of its own has ids that are drawn, and never none`() {
        var drawn: [UInt64] = [0, 0xFFFF_FFFF_FFFF_FFFF, 0]
        let trace = TraceContext.begun { drawn.removeFirst() }
        #expect(trace.traceparent == "00-0000000000000001ffffffffffffffff-0000000000000001-00")
        #expect(TraceContext(parents: [trace.traceparent]) == trace)
        #expect(TraceContext.begun() != TraceContext.begun())
    }

    // MARK: tracestate

    private func state(_ lines: [String]) -> String? {
        TraceContext(parents: [Self.parent], states: lines)?.state
    }

    private static let longest = "a=" + String(repeating: "x", count: 256)

    @Test(
        arguments: [
            ["congo=t61rcWkgMzE"], ["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"], ["a=1 , b=2"], ["a=1,,b=2,"],
            ["fw529a3039@dt=FfAAAE"], ["0a_-*/=!\"#$%&'()*+-./:;<>?@[]^_`{|}~"], ["a= 1"], [longest],
            [(1...32).map { "k\($0)=v" }.joined(separator: ",")],
        ]
    )
    func `a list is passed on as it came`(lines: [String]) throws {
        #expect(state(lines) == lines[0])
        let trace = try #require(TraceContext(parents: [Self.parent], states: lines))
        #expect(trace.next().state == lines[0])
    }

    @Test func `a list in several lines is one, in their order`() {
        #expect(state(["a=1", "b=2"]) == "a=1,b=2")
    }

    @Test(
        arguments: [
            [], [""], [","], ["a"], ["=1"], ["a="], ["A=1"], ["a b=1"], ["a=1=2"], ["a=1,a=2"], ["a=é"],
            ["_a=1"], ["@a=1"], ["a@=1"], ["a@b@c=1"], ["a=1\u{7F}"], [longest + "x"],
            ["a" + String(repeating: "b", count: 256) + "=1"],
            [(1...33).map { "k\($0)=v" }.joined(separator: ",")],
            [longest, "b" + longest.dropFirst()],
        ]
    )
    func `an invalid or too long state is dropped, and the trace continues`(lines: [String]) {
        let trace = TraceContext(parents: [Self.parent], states: lines)
        #expect(trace?.traceID == Self.traceID && trace?.state == nil)
    }

    // MARK: The trail

    private struct Failure: Error, Equatable {}

    @Test func `work inside a trace has its context, and work after it has none`() async throws {
        let trail = TraceScope(.begun(), requestID: "req_1")
        let seen = await TraceScope.withTrace(trail) { await Task { TraceScope.current?.metadata }.value }
        #expect(
            seen == trail.metadata && Set(trail.metadata.keys) == ["request_id", "trace_id", "traceparent"]
        )
        #expect(TraceScope.current == nil)
        await #expect(throws: Failure.self) {
            try await TraceScope.withNewTrace { () async throws(Failure) in throw Failure() }
        }
    }
}
