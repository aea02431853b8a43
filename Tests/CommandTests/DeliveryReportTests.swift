import ArgumentParser
import StripeAPI
import Testing

@testable import ConsoleBilling

struct DeliveryReportTests {
    private func report(_ results: [Delivery.Result], milliseconds: [Int] = [1]) -> DeliveryReport {
        var report = DeliveryReport()
        for (place, result) in results.enumerated() {
            report.add(
                Delivery(
                    eventID: "evt_1",
                    eventType: "x",
                    result: result,
                    duration: .milliseconds(milliseconds[place % milliseconds.count])
                )
            )
        }
        return report
    }

    private func answer(_ status: Int) -> Delivery.Result {
        .answered(status: status, remark: nil, retryAfter: nil)
    }

    @Test(arguments: [(50, 50_000), (95, 95_000), (99, 99_000), (100, 100_000), (0, 1000)] as [(Int, Int64)])
    func `a percentile is the nearest rank`(percent: Int, microseconds: Int64) {
        let report = report((0..<100).map { _ in answer(200) }, milliseconds: (1...100).reversed())
        #expect(report.latency(percent: percent) == microseconds)
    }

    @Test(arguments: [50, 95, 99])
    func `one delivery is every percentile`(percent: Int) {
        #expect(report([answer(200)], milliseconds: [7]).latency(percent: percent) == 7000)
    }

    @Test func `a delivery without an answer has no latency`() {
        #expect(report([.unanswered(.timedOut)]).latency(percent: 50) == nil)
    }

    @Test(
        arguments: [
            ([], 0), ([200, 204], 0), ([200, 400], 1), ([400, 400], 1), ([200, 503], 1), ([503, 503], 75),
            ([500, 503], 1), ([302], 1),
        ] as [([Int], Int32)]
    )
    func `the exit code says what became of the answers`(statuses: [Int], code: Int32) {
        #expect(report(statuses.map(answer)).exitCode.rawValue == code)
    }

    @Test func `nothing answering is another failure than some of it failing`() {
        #expect(report([.unanswered(.couldNotConnect), .unanswered(.timedOut)]).exitCode.rawValue == 69)
        #expect(report([.unanswered(.couldNotConnect), answer(200)]).exitCode.rawValue == 1)
    }

    @Test func `the summary counts every kind of answer`() {
        let report = report([
            answer(200), answer(201), answer(404), answer(500), answer(302), .unanswered(.tls),
        ])
        let text = report.summary(Palette(isColourful: false))
        #expect(
            text.hasPrefix("sent 6  2xx 2  4xx 1  5xx 1  failed 1  other 1\np50 1.0ms  p95 1.0ms  p99 1.0ms")
        )
        #expect(report.json["2xx"] == 2)
        #expect(report.json["p99"] == .thousandths(1000))
    }

    @Test func `an answer is shown in the Stripe CLI's way`() {
        let target = ServerAddress(scheme: "http", host: "127.0.0.1", port: 3080).webhook
        func line(_ result: Delivery.Result) -> String {
            Delivery(eventID: "evt_1", eventType: "x", result: result, duration: .microseconds(2600))
                .line(to: target, palette: Palette(isColourful: false))
        }
        let url = "http://127.0.0.1:3080/v1/stripe-webhook"
        #expect(
            line(.answered(status: 200, remark: "recorded", retryAfter: nil))
                == "<-- [200] POST \(url) [evt_1] 3ms recorded"
        )
        #expect(
            line(.answered(status: 503, remark: nil, retryAfter: "5"))
                == "<-- [503] POST \(url) [evt_1] 3ms (Retry-After: 5)"
        )
        #expect(line(.unanswered(.couldNotConnect)) == "<-- [ERROR] POST \(url) [evt_1] could not connect")
    }

    @Test func `the bar is as long as the work is done`() {
        #expect(ProgressBar.line(done: 0, of: 4) == "[..............................] 0/4 0%")
        #expect(ProgressBar.line(done: 3, of: 4) == "[######################........] 3/4 75%")
        #expect(ProgressBar.line(done: 4, of: 4) == "[##############################] 4/4 100%")
    }

    @Test func `the text of an event cannot move the cursor`() {
        #expect(printable("evt_\u{1B}[2J\n\u{7F}×") == "evt_\u{FFFD}[2J\u{FFFD}\u{FFFD}×")
    }
}
