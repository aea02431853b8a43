import Billing
import Storage
import StripeAPI
import StripeStandIn
import Testing

@testable import BackgroundJobs

/// How it bears Stripe's troubles, and its own.
@Suite(.timeLimit(.minutes(5)))
struct BackfillFaultTests {
    private typealias Harness = CatchUpHarness

    @Test(arguments: [
        Fault.rateLimited(reason: "global-rate"), .rateLimited(reason: nil), .serverError(shouldRetry: nil),
        .serverError(shouldRetry: true), .down, .garbage, .truncated, .cutOff, .ignoresCursor, .wrongObject,
    ])
    func `a trouble that passes costs time and nothing else`(fault: Fault) async throws {
        try await Harness.with { harness in
            try harness.payments(1...130)
            harness.standIn.fail(fault, times: 2, after: 7)
            let run = try await harness.perform(.backfill)
            #expect(run.state == .completed)
            #expect(run.reached?.problems == [])
            #expect(try await harness.entries().count == 260)
            // libcurl itself asks again where a connection it kept was cut.
            #expect(harness.time.longWaits.count >= 1)
        }
    }

    @Test func `it waits as long as Stripe says`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...3)
            harness.standIn.fail(.rateLimited(reason: "global-rate", retryAfterSeconds: 240), times: 1)
            #expect(try await harness.perform(.backfill).state == .completed)
            #expect(harness.time.longWaits.contains { $0 >= .seconds(240) })
        }
    }

    @Test func `it keeps to the rate that was agreed on`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...500)
            harness.standIn.limit(RequestRate(perSecond: 20, burst: 1))
            let run = try await harness.perform(.backfill)
            #expect(run.state == .completed)
            #expect(run.reached?.requests == harness.standIn.requests.count)
            #expect(harness.time.longWaits == [], "no request was refused")
        }
    }

    @Test func `Stripe's word not to ask again is taken`() async throws {
        try await Harness.with { harness in
            harness.standIn.fail(.serverError(shouldRetry: false))
            let run = try await harness.perform(.backfill)
            #expect(run.state == .failed)
            #expect(harness.standIn.requests.count == 1)
        }
    }

    @Test func `when Stripe stays unavailable the run fails, and the same request resumes it`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...260)
            harness.standIn.fail(.down, after: 8)
            let run = try await harness.perform(.backfill)
            #expect(run.state == .failed)
            #expect(run.reached?.failure == .stripeUnavailable)
            #expect(run.reason?.contains("continues from here") == true)
            let pages = run.reached?.lists.map(\.pages).reduce(0, +) ?? 0
            #expect(pages == 8)
            harness.standIn.fail(.none)
            let again = try await harness.perform(.backfill)
            #expect(again.id == run.id)
            #expect(again.state == .completed)
            #expect(again.reached?.failure == nil)
            #expect(try await harness.entries().count == 520)
        }
    }

    @Test func `a refused key ends it at once, with the reason`() async throws {
        try await Harness.with { harness in
            harness.standIn.fail(.expiredKey)
            let run = try await harness.perform(.backfill)
            #expect(run.state == .failed)
            #expect(run.reached?.failure == .keyRefused)
            #expect(run.reason?.contains("STRIPE_SECRET_KEY") == true)
            #expect(harness.standIn.requests.count == 1)
        }
    }

    @Test func `a list that a restricted key may not read is reported, and the others are read`() async throws
    {
        let key = "rk_test_without_disputes"
        let permissions: Set<String> = [
            "rak_event_read", "rak_charge_read", "rak_payment_intent_read", "rak_invoice_read",
            "rak_customer_read",
        ]
        try await Harness.with(key: key, furtherKeys: [APIKey(key, permissions: permissions)]) { harness in
            try harness.standIn.put(Paid.charge(1, secondsAgo: 60 * Harness.day))
            let run = try await harness.perform(.backfill, days: 90)
            #expect(run.state == .completed)
            let problems = try #require(run.reached?.problems)
            #expect(problems.count == 1)
            #expect(problems.first?.contains("disputes") == true)
            #expect(problems.first?.contains("rak_dispute_read") == true)
            #expect(try await harness.rows.count == 1)
        }
    }

    @Test(arguments: [Fault.garbage, .ignoresCursor, .wrongObject])
    func `a list that stays wrong is reported and skipped`(fault: Fault) async throws {
        try await Harness.with { harness in
            try harness.payments(1...250)
            harness.standIn.fail(fault, after: 6)
            let run = try await harness.perform(.backfill)
            #expect(run.state == .completed)
            #expect(run.reached?.problems.isEmpty == false)
            #expect(harness.standIn.requests.count < 60)
        }
    }

    @Test func `an answer without an end ends the list and not the service`() async throws {
        try await Harness.with { harness in
            harness.standIn.fail(.endless, times: 1)
            try harness.payments(1...3)
            let run = try await harness.perform(.backfill)
            #expect(run.state == .completed)
            #expect(run.reached?.problems.count == 1)
        }
    }

    // MARK: How many requests

    @Test func `it reports the estimated requests first, and waits for confirmation`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...1500)
            let run = try await harness.perform(.backfill, maxRequests: 15)
            #expect(run.state == .paused)
            #expect(run.reason?.contains("--yes") == true)
            let estimate = try #require(run.reached?.estimatedRequests)
            // Two lists of 1500 events each, in one group of types or two, evenly spread.
            #expect((30...70).contains(estimate), "\(estimate)")
            #expect(harness.standIn.requests.count == 6)
            let all = try await harness.perform(.backfill)
            #expect(all.id == run.id)
            #expect(all.state == .completed)
            #expect(try await harness.store.entries(EventQuery(limit: 5000))?.elements.count == 3000)
        }
    }

    @Test func `other parameters wait for an operator's run, but not for one that the service began`()
        async throws
    {
        try await Harness.with { harness in
            func request(_ since: String, _ origin: JobRequest.Origin) -> JobRequest {
                JobRequest(
                    parameters: .init(since: since),
                    from: Instant(unixSeconds: 0),
                    through: nil,
                    origin: origin
                )
            }
            let store = harness.store
            let now = harness.time.now
            _ = try await store.begin(.backfill, id: "bf_1", request: request("start", .start), now: now)
            let asked = try await store.begin(
                .backfill,
                id: "bf_2",
                request: request("1d", .operator),
                now: now
            )
            guard case .begun(let run) = asked else { throw Missing() }
            #expect(run.id == "bf_2")
            #expect(try await store.job(id: "bf_1")?.reason == "stopped for bf_2")
            let other = try await store.begin(
                .backfill,
                id: "bf_3",
                request: request("2d", .operator),
                now: now
            )
            guard case .occupied(let first) = other else { throw Missing() }
            #expect(first.id == "bf_2")
        }
    }

    // MARK: At the start

    @Test func `the last event decides whether it catches up at the start`() async throws {
        try await Harness.with { harness in
            #expect(try await harness.worker(schedule: .none).beginCatchUp() == false)
            #expect(try await harness.worker().beginCatchUp(), "an empty log is old")
            try harness.payments(1...2)
            try harness.payments(3...4, isDelivered: true)
            #expect(try await harness.runner().workOnce() == 1)
            let entries = try await harness.entries()
            #expect(Set(entries.map(\.id)) == ["evt_pi_1", "evt_pi_2", "evt_ch_1", "evt_ch_2"])

            _ = try await harness.deliver(Harness.event("evt_hook", "charge.updated", Paid.charge(1)))
            harness.time.advance(.seconds(3600))
            #expect(try await harness.worker().beginCatchUp() == false)
            harness.time.advance(.seconds(1))
            #expect(try await harness.worker().beginCatchUp())
        }
    }

    @Test func `when Stripe is down at the start it looks back later`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...2)
            harness.standIn.fail(.down)
            let runner = harness.runner()
            #expect(try await harness.worker().beginCatchUp())
            try await runner.workOnce()
            let run = try #require(try await harness.store.latestJob(.backfill))
            #expect(run.state == .waiting)
            #expect(try await runner.workOnce() == 0, "not at once")
            harness.standIn.fail(.none)
            harness.time.advance(.seconds(300))
            #expect(try await runner.workOnce() == 1)
            #expect(try await harness.store.job(id: run.id)?.state == .completed)
            #expect(try await harness.entries().count == 4)
        }
    }

    @Test func `a stop while Stripe is asked gives the job back at once, and is no failure`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...2)
            harness.standIn.fail(.held)
            let service = Task { try await harness.runner().run() }
            await harness.standIn.untilHolding(1)
            service.cancel()
            try await service.value
            harness.standIn.fail(.none)
            harness.standIn.release()
            let job = try #require(try await harness.store.latestJob(.backfill))
            #expect(job.state == .waiting)
            #expect([job.reason, job.holder] == [nil, nil])
            #expect(job.dueAt == harness.time.now)
            #expect(job.attempts == 0)
            #expect(harness.log.lines.allSatisfy { !$0.hasPrefix("error") }, "\(harness.log.lines)")
            #expect(try await harness.runner().workOnce() == 1)
            #expect(try await harness.entries().count == 4)
        }
    }

    @Test func `no key, body or receipt is in its log`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...3)
            harness.standIn.fail(.serverError(shouldRetry: nil), times: 1)
            try await harness.perform(.backfill)
            let lines = harness.log.lines.joined(separator: "\n")
            #expect(!lines.isEmpty)
            for secret in [JobHarness.key, "receipts", "cus_1", "4242"] {
                #expect(!lines.contains(secret))
            }
        }
    }
}
