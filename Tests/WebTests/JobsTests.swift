import Billing
import Storage
import Testing

/// `/v1/jobs`.
@Suite(.timeLimit(.minutes(5)))
struct JobsTests {
    private static func deliver(_ harness: WebHarness) async throws {
        try await harness.deliver([.refund("re_a", of: "ch_a"), .refund("re_b", of: "ch_b")])
    }

    private static func fail(_ id: String, _ harness: WebHarness) async throws {
        let job = try #require(try await harness.store.job(id: id))
        let failed = job.left(.failed, reason: "stripe: 404 resource_missing", now: harness.clock.now)
        #expect(try await harness.store.replace(failed) != nil)
    }

    @Test func `jobs are listed with state, attempts, next time and reason`() async throws {
        try await WebHarness.with { harness in
            try await Self.deliver(harness)
            try await Self.fail("charge:ch_b", harness)
            let all = try await harness.get("/v1/jobs", key: .ops).json
            #expect(all["has_more"] == .bool(false))
            #expect(all["data"]?[0]?["id"]?.string == "charge:ch_b")
            #expect(all["data"]?[0]?["state"]?.string == "failed")
            #expect(all["data"]?[0]?["reason"]?.string == "stripe: 404 resource_missing")
            #expect(all["data"]?[0]?["due_at"] == nil)
            #expect(all["data"]?[1]?["about"]?.string == "charge ch_a")
            #expect(all["data"]?[1]?["state"]?.string == "waiting")
            #expect(all["data"]?[1]?["attempts"]?.integer == 0)
            #expect(all["data"]?[1]?["due_at"]?.integer == harness.clock.now.unixSeconds + 15)
            for (query, ids) in [
                ("kind=fetch&state=failed", ["charge:ch_b"]), ("state=waiting", ["charge:ch_a"]),
                ("kind=alert", []), ("limit=1", ["charge:ch_b"]),
                ("limit=1&starting_after=charge:ch_b", ["charge:ch_a"]),
            ] {
                #expect(try await harness.ids("/v1/jobs?\(query)", key: .ops) == ids, "\(query)")
            }
            #expect(try await harness.get("/v1/jobs?limit=1", key: .ops).json["has_more"] == .bool(true))
            for query in ["kind=work", "state=due", "limit=0", "starting_after=charge:ch_c", "since=1d"] {
                #expect(try await harness.get("/v1/jobs?\(query)", key: .ops).status == 400, "\(query)")
            }
        }
    }

    @Test func `a failed job is due again once it is retried, and its attempts begin anew`() async throws {
        try await WebHarness.with { harness in
            try await Self.deliver(harness)
            try await Self.fail("charge:ch_b", harness)
            let answer = try await harness.post("/v1/jobs/charge:ch_b/retry", key: .ops)
            #expect(answer.status == 200)
            #expect(answer.json["state"]?.string == "waiting")
            #expect(answer.json["due_at"]?.integer == harness.clock.now.unixSeconds)
            #expect(answer.json["reason"] == nil)
            let shown = try await harness.get("/v1/jobs/charge:ch_b", key: .ops)
            #expect(shown.json == answer.json)
            let taken = try await harness.store.take(
                .fetch,
                as: "runner",
                now: harness.clock.now,
                seconds: 60,
                limit: 9
            )
            #expect(taken.map(\.id) == ["charge:ch_b"] && taken.map(\.attempts) == [1])
            let running = try await harness.post("/v1/jobs/charge:ch_b/retry", key: .ops)
            #expect(running.status == 409 && running.errorCode == "job_state")
        }
    }

    @Test func `a cancelled job is not taken, its runner can change nothing, and its name is kept`()
        async throws
    {
        try await WebHarness.with { harness in
            let begun = try await harness.post("/v1/backfills?since=30d", key: .ops)
            let id = try #require(begun.json["id"]?.string)
            let held = try await harness.store.take(
                .backfill,
                as: "runner",
                now: harness.clock.now,
                seconds: 60,
                limit: 1
            )
            let answer = try await harness.post("/v1/jobs/\(id)/cancel", key: .ops)
            #expect(answer.status == 200)
            #expect(answer.json["state"]?.string == "failed")
            #expect(answer.json["reason"]?.string?.hasPrefix("canceled by ") == true)
            #expect(try await harness.store.replace(try #require(held.first)) == nil)
            #expect(try await harness.post("/v1/jobs/\(id)/cancel", key: .ops).status == 409)
            #expect(try await harness.post("/v1/backfills?since=1d", key: .ops).status == 202)
            let retried = try await harness.post("/v1/jobs/\(id)/retry", key: .ops)
            #expect(retried.status == 409, "another backfill is under way")
        }
    }

    @Test func `a job that begins again by itself is not cancelled, and one that is complete not retried`()
        async throws
    {
        try await WebHarness.with { harness in
            let job = Job(only: .retention, now: harness.clock.now)
            _ = try await harness.store.add(job)
            #expect(try await harness.post("/v1/jobs/retention/cancel", key: .ops).status == 409)
            let done = Job(
                id: "bf_1",
                kind: .backfill,
                state: .completed,
                dueAt: nil,
                createdAt: harness.clock.now
            )
            _ = try await harness.store.add(done)
            #expect(try await harness.post("/v1/jobs/bf_1/retry", key: .ops).status == 409)
            for action in ["retry", "cancel"] {
                #expect(try await harness.post("/v1/jobs/nothing/\(action)", key: .ops).status == 404)
            }
            #expect(try await harness.get("/v1/jobs/nothing", key: .ops).status == 404)
        }
    }
}
