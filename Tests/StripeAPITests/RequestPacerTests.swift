import StripeAPI
import Testing

struct RequestPacerTests {
    private static let start = ContinuousClock.now

    /// When turns are requested, and when they are granted, in milliseconds.
    struct Run: Sendable {
        let perSecond: Double
        let burst: Int
        let turns: [(at: Int, wait: Int)]
    }

    static let runs = [
        Run(perSecond: 10, burst: 1, turns: [(0, 0), (0, 100), (0, 200), (0, 300)]),
        // The burst goes at once, what comes after it at the rate.
        Run(perSecond: 10, burst: 3, turns: [(0, 0), (0, 0), (0, 0), (0, 100), (0, 200)]),
        // A slow caller never waits.
        Run(perSecond: 10, burst: 1, turns: [(0, 0), (100, 0), (200, 0), (250, 50), (301, 99)]),
        // A rest fills the bucket, but no further than the burst.
        Run(
            perSecond: 10,
            burst: 2,
            turns: [(0, 0), (0, 0), (0, 100), (60_000, 0), (60_000, 0), (60_000, 100)]
        ),
        // Part of a rest gives part of a turn.
        Run(perSecond: 10, burst: 2, turns: [(0, 0), (0, 0), (50, 50), (50, 150), (400, 0)]),
        Run(perSecond: 25, burst: 1, turns: [(0, 0), (0, 40), (0, 80)]),
        Run(perSecond: 0.5, burst: 1, turns: [(0, 0), (0, 2000), (1000, 3000)]),
        Run(perSecond: 1e-9, burst: 1, turns: [(0, 0), (0, 3_600_000)]),
        Run(perSecond: 1000, burst: 1, turns: [(0, 0), (0, 1), (1, 1)]),
        // A present that goes back gives nothing away.
        Run(perSecond: 10, burst: 1, turns: [(1000, 0), (0, 1100)]),
    ]

    @Test(arguments: runs.indices)
    func `gives turns at the rate, after a burst`(index: Int) {
        let run = Self.runs[index]
        var pacer = RequestPacer(requestsPerSecond: run.perSecond, burst: run.burst)
        for turn in run.turns {
            let wait = pacer.delay(now: Self.start + .milliseconds(turn.at))
            #expect(wait == .milliseconds(turn.wait), "at \(turn.at)")
        }
    }

    @Test func `a third of a second does not add up to a request more or less`() {
        var pacer = RequestPacer(requestsPerSecond: 3, burst: 3)
        var sent = 0
        for second in 0..<1000 {
            let now = Self.start + .seconds(second)
            // A turn is taken only if it is immediate, as by a caller with other work.
            while true {
                var trial = pacer
                guard trial.delay(now: now) == .zero else { break }
                pacer = trial
                sent += 1
            }
        }
        #expect((2999...3000).contains(sent))
    }

    @Test func `after a 429 no request is sent for a while, and then one at a time`() {
        var pacer = RequestPacer(requestsPerSecond: 10, burst: 5)
        pacer.pause(for: .seconds(7), now: Self.start)
        let waits = (0..<3).map { _ in pacer.delay(now: Self.start + .seconds(1)) }
        #expect(waits == [.milliseconds(6000), .milliseconds(6100), .milliseconds(6200)])
        let rested = (0..<6).map { _ in pacer.delay(now: Self.start + .seconds(60)) }
        #expect(rested == Array(repeating: .zero, count: 5) + [.milliseconds(100)])
    }

    @Test func `a shorter pause does not end a longer one`() {
        var pacer = RequestPacer(requestsPerSecond: 10, burst: 5)
        pacer.pause(for: .seconds(7), now: Self.start)
        pacer.pause(for: .seconds(-1), now: Self.start)
        #expect(pacer.delay(now: Self.start) == .seconds(7))
    }
}
