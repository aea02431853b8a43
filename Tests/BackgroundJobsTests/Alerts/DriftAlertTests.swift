import Billing
import Storage
import Testing

@testable import BackgroundJobs

/// The drift of a reconciliation is sent, and its end only when a later run has seen it.
@Suite(.timeLimit(.minutes(5)))
struct DriftAlertTests {
    private static let day = CatchUpHarness.day

    @Test
    func `an alert about drift has the run, its time and its numbers, and so has the alert about its repair`()
        async throws
    {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            try bench.harness.payments(1...5)
            try await bench.harness.perform(.backfill)
            try await bench.harness.perform(.reconciliation)
            try await bench.pass(5, worker)
            #expect(bench.receiver.types == [], "what agrees is nothing to tell")
            try bench.harness.standIn.put(Paid.intent(9))
            try bench.harness.standIn.put(Paid.charge(9))
            let drifted = try await bench.harness.perform(.reconciliation)
            try await bench.pass(5, worker)
            let message = try #require(bench.receiver.messages.first)
            #expect(message.type == "reconciliation.drifted")
            #expect(message.data["run"] as? String == drifted.id)
            #expect(message.data["remaining"] as? Int == 1)
            #expect(message.data["since"] as? String == "2025-05-26T15:06:40Z")
            #expect(message.names("drift", "id") == ["pi_9"])
            #expect(message.names("drift", "kind") == ["missing_here"])
            #expect(!message.body.contains("2500"), "no amount is told")
            try await bench.harness.perform(.reconciliation, repairs: true)
            try await bench.pass(5, worker)
            #expect(bench.receiver.types == ["reconciliation.drifted", "reconciliation.cleared"])
            #expect(try bench.receiver.message(1).data["clears"] as? [String] == [drifted.id])
            try await bench.harness.perform(.reconciliation)
            try await bench.pass(5, worker)
            #expect(bench.receiver.types.count == 2)
        }
    }

    @Test func `a run that completed between two looks is sent all the same`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            try bench.harness.payments(1...2)
            try await bench.harness.perform(.backfill)
            try await bench.harness.perform(.reconciliation)
            try await bench.pass(2, worker)
            try bench.harness.standIn.put(Paid.intent(9))
            try bench.harness.standIn.put(Paid.charge(9))
            let missed = try await bench.harness.perform(.reconciliation)
            bench.harness.standIn.remove("payment_intent", id: "pi_9")
            bench.harness.standIn.remove("charge", id: "ch_9")
            try await bench.harness.perform(.reconciliation)
            try await bench.pass(600, worker)
            #expect(bench.receiver.types == ["reconciliation.drifted", "reconciliation.cleared"])
            #expect(try bench.receiver.message(0).data["run"] as? String == missed.id)
        }
    }

    private static func run(
        _ id: String,
        days: ClosedRange<Int64>,
        remaining: Int,
        account: String? = nil
    ) -> Job {
        let begun = Instant(unixSeconds: days.upperBound * day)
        let request = JobRequest(
            parameters: .init(since: "schedule", account: account),
            from: Instant(unixSeconds: days.lowerBound * day),
            through: begun,
            origin: .schedule
        )
        var run = Job(.reconciliation, id: id, request: request, now: begun)
        var progress = JobProgress()
        var comparison = Comparison()
        comparison.driftCount = remaining
        progress.comparison = comparison
        run.keep(progress)
        return run
    }

    private static func decide(
        _ run: Job,
        _ standing: [AlertState.Reconciliations.Standing] = []
    ) -> DriftDecision {
        DriftDecision(of: run, standing: standing, by: AlertBench.formatter, now: run.createdAt)
    }

    @Test(
        arguments: [
            (4...14, nil, true), (5...13, nil, true), (6...14, nil, false), (4...12, nil, false),
            (4...14, "acct_1", false),
        ] as [(ClosedRange<Int64>, String?, Bool)]
    )
    func `drift is over only after a run that compared the whole period`(
        days: ClosedRange<Int64>,
        account: String?,
        isOver: Bool
    ) {
        let standing = Self.decide(Self.run("rc_1", days: 5...13, remaining: 2)).standing
        let next = Self.decide(Self.run("rc_2", days: days, remaining: 0, account: account), standing)
        #expect((next.alert?.kind == .reconciliationCleared) == isOver)
        #expect(next.standing.isEmpty == isOver)
    }

    @Test func `alerts about the same run have the same id, about another run another`() {
        let run = Self.run("rc_1", days: 5...13, remaining: 2)
        let (once, again) = (Self.decide(run).alert, Self.decide(run).alert)
        #expect(once == again && once?.kind == .reconciliationDrifted)
        #expect(once?.id != Self.decide(Self.run("rc_2", days: 5...13, remaining: 2)).alert?.id)
    }

    @Test func `the number of runs with open drift is limited`() {
        var standing: [AlertState.Reconciliations.Standing] = []
        for day in 1...Int64(100) {
            standing =
                Self.decide(Self.run("rc_\(day)", days: day...(day + 3), remaining: 1), standing).standing
        }
        #expect(standing.map(\.runID) == (81...100).map { "rc_\($0)" })
    }
}
