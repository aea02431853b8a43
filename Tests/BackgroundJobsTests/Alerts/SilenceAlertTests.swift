import Billing
import Storage
import StripeStandIn
import Testing

@testable import BackgroundJobs

/// Missing webhooks are distinguished from a quiet day by asking Stripe, and errors of Stripe's are no
/// evidence.
@Suite(.timeLimit(.minutes(5)))
struct SilenceAlertTests {
    /// Something happens at Stripe now, and no webhook comes of it.
    private func happen(_ id: String, _ bench: AlertBench, type: String = "charge.succeeded") throws {
        let ago = CatchUpHarness.start - bench.harness.time.now.unixSeconds
        try bench.harness.happen(id, type, Paid.charge(1, secondsAgo: ago), secondsAgo: ago)
    }

    @Test func `events at Stripe that do not come are one alert, and their coming again another`()
        async throws
    {
        try await AlertBench.with { bench in
            let worker = try bench.worker(silenceAfter: 600)
            try await bench.hear("evt_last")
            try await bench.pass(60, worker)
            for number in 1...7 { try happen("evt_missed\(number)", bench) }
            try await bench.pass(3000, worker)
            #expect(bench.receiver.types == ["stripe.silent"])
            let silent = try #require(bench.receiver.messages.first)
            #expect(silent.data["last_event_at"] as? String == "2025-06-15T15:06:40Z")
            #expect(silent.data["silent_minutes"] as? Int == 10)
            #expect(silent.data["missing"] as? Int == 7)
            #expect(silent.names("events", "id").count == 5)
            #expect(silent.names("events", "id").allSatisfy { $0.hasPrefix("evt_missed") })
            #expect(silent.names("events", "type").first == "charge.succeeded")
            let next = try #require(silent.data["next_step"] as? String)
            #expect(next.contains("backfill --since 2025-06-15T15:06:40Z"))

            try await bench.hear("evt_again")
            try await bench.pass(300, worker)
            #expect(bench.receiver.types == ["stripe.silent", "stripe.resumed"])
            #expect(try bench.receiver.message(1).data["alert"] as? String == silent.id)
            #expect(try bench.receiver.message(1).data["event"] as? String == "evt_again")
        }
    }

    @Test func `a quiet shop is no silence, and costs Stripe three requests an hour`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker(silenceAfter: 3600)
            try await bench.hear("evt_last")
            // A type that our endpoint is not registered for.
            try happen("evt_balance", bench, type: "balance.available")
            try await bench.pass(2 * 3600, worker)
            #expect(bench.receiver.types == [])
            // None in the first hour.
            #expect((3...5).contains(bench.harness.standIn.count("GET /v1/events")))
        }
    }

    @Test func `while webhooks come Stripe is not asked`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker(silenceAfter: 600)
            for number in 1...6 {
                try happen("evt_unheard\(number)", bench)
                try await bench.hear("evt_\(number)")
                try await bench.pass(599, worker)
            }
            #expect(bench.receiver.types == [])
            #expect(bench.harness.standIn.requests.isEmpty)
        }
    }

    @Test(arguments: [Fault.serverError(shouldRetry: nil), .expiredKey, .garbage, .rateLimited(reason: nil)])
    func `a Stripe that does not answer is no silence, and is asked later`(fault: Fault) async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker(silenceAfter: 600)
            try await bench.hear("evt_last")
            try happen("evt_missed", bench)
            bench.harness.standIn.fail(fault)
            try await bench.pass(2000, worker)
            #expect(bench.receiver.types == [])
            #expect((2...10).contains(bench.harness.standIn.requests.count))
            bench.harness.standIn.fail(.none)
            try await bench.pass(600, worker)
            #expect(bench.receiver.types == ["stripe.silent"])
        }
    }

    @Test func `fetched events are not missing`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker(silenceAfter: 600)
            try await bench.hear("evt_last")
            try happen("evt_missed", bench)
            try await bench.harness.perform(.backfill)
            try await bench.pass(3000, worker)
            #expect(bench.receiver.types == [])
        }
    }

    @Test func `the service's own absence is no silence of Stripe's`() async throws {
        try await AlertBench.with { bench in
            try await bench.hear("evt_last")
            try await bench.pass(1, try bench.worker(silenceAfter: 600))
            try happen("evt_missed", bench)
            bench.harness.time.advance(.seconds(7200))
            let next = try bench.worker("next", silenceAfter: 600)
            try await bench.pass(590, next)
            #expect(bench.receiver.types == [], "it has only been there for ten minutes")
            try await bench.pass(20, next)
            #expect(bench.receiver.types == ["stripe.silent"])
        }
    }

    @Test func `restarts that take seconds do not restart the wait`() async throws {
        try await AlertBench.with { bench in
            try await bench.hear("evt_last")
            try happen("evt_missed", bench)
            for number in 1...40 {
                try await bench.pass(30, try bench.worker("w\(number)", silenceAfter: 600))
            }
            #expect(bench.receiver.types == ["stripe.silent"])
        }
    }

    @Test func `an endpoint that was never registered is silent since the beginning`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker(silenceAfter: 600)
            try await bench.pass(1, worker)
            try happen("evt_first", bench)
            try await bench.pass(900, worker)
            #expect(bench.receiver.types == ["stripe.silent"])
            #expect(try bench.receiver.message(0).data["last_event_at"] == nil)
            try await bench.hear("evt_heard")
            try await bench.pass(60, worker)
            #expect(bench.receiver.types == ["stripe.silent", "stripe.resumed"])
        }
    }

    @Test func `the alert that it is over is sent after the alert that it began, however late`() async throws
    {
        try await AlertBench.with { bench in
            let worker = try bench.worker(silenceAfter: 600)
            bench.receiver.answer(status: 500, times: 8)
            try await bench.hear("evt_last")
            try happen("evt_missed", bench)
            try await bench.pass(620, worker)
            try await bench.hear("evt_again")
            try await bench.pass(3000, worker)
            #expect(bench.receiver.types.prefix(9) == Array(repeating: "stripe.silent", count: 9)[...])
            #expect(bench.receiver.types.dropFirst(9) == ["stripe.resumed"])
        }
    }

    @Test(arguments: [(Int64(0), true), (600, false)])
    func `Stripe is not asked when the check is off or there is no key`(
        after: Int64,
        asksStripe: Bool
    ) async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker(silenceAfter: after, asksStripe: asksStripe)
            try happen("evt_missed", bench)
            try await bench.pass(2000, worker)
            #expect(bench.receiver.types == [])
            #expect(bench.harness.standIn.requests.isEmpty)
        }
    }
}
