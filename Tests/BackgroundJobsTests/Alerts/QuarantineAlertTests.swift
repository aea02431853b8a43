import Billing
import HTTPClient
import Storage
import Synchronization
import Testing

@testable import BackgroundJobs

/// Alerts about quarantined events: soon, once, and one for many of them.
@Suite(.timeLimit(.minutes(5)))
struct QuarantineAlertTests {
    @Test func `an unreadable event causes one alert, with the reason and the next step`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            try await bench.quarantine("evt_q1")
            try await bench.pass(900, worker)
            #expect(bench.receiver.types == ["event.quarantined"])
            let message = try bench.receiver.message(0)
            #expect(message.data["count"] as? Int == 1)
            #expect(message.names("events", "id") == ["evt_q1"])
            #expect(message.names("events", "reason") == ["data.object.id is missing"])
            #expect((message.data["next_step"] as? String)?.contains("events retry") == true)
            #expect(message.data["runbook"] as? String == "deploy/RUNBOOK.md#consolebillingquarantine")
            #expect(message.data["service"] as? String == "https://billing.example")
            #expect(message.headers["Content-Type"] == "application/json")
            #expect(message.limits.maxBodyBytes <= 64 << 10 && message.limits.totalTimeout <= .seconds(15))
            for secret in ["4711", "jo@example.com"] { #expect(!message.body.contains(secret)) }
            #expect(try await bench.pending == [])
        }
    }

    @Test func `an event unreadable in two versions causes one alert, however late the second arrives`()
        async throws
    {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            for version in ["2025-09-30.clover", "2019-09-09"] {
                try await bench.quarantine("evt_q1", in: version)
            }
            try await bench.pass(900, worker)
            #expect(try bench.receiver.message(0).data["count"] as? Int == 1)
            try await bench.quarantine("evt_q1", in: "2020-08-27")
            try await bench.pass(900, worker)
            #expect(bench.receiver.messages.count == 1)
            #expect(try await bench.state.quarantine.lastSentEvent == "evt_q1@2020-08-27")
            try await bench.quarantine("evt_q2")
            try await bench.quarantine("evt_q1", in: "2022-11-15")
            try await bench.pass(900, worker)
            #expect(bench.receiver.messages.count == 2)
            #expect(try bench.receiver.message(1).names("events", "id") == ["evt_q2"])
        }
    }

    @Test func `a storm is one alert with its number and the first few, and its rest another`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            for number in 1...230 { try await bench.quarantine("evt_a\(number)") }
            try await bench.pass(6, worker)
            for number in 1...3 { try await bench.quarantine("evt_b\(number)") }
            try await bench.pass(200, worker)
            #expect(bench.receiver.types.count == 1, "no second alert within five minutes")
            try await bench.pass(200, worker)
            let messages = bench.receiver.messages
            #expect(messages.map { $0.data["count"] as? Int } == [230, 3])
            #expect(
                try bench.receiver.message(0).names("events", "id") == [
                    "evt_a1", "evt_a2", "evt_a3", "evt_a4", "evt_a5",
                ]
            )
            #expect(try bench.receiver.message(1).names("events", "id") == ["evt_b1", "evt_b2", "evt_b3"])
            for number in 1...230 { try await bench.quarantine("evt_c\(number)") }
            try await bench.pass(400, worker)
            let last = try #require(bench.receiver.messages.last)
            #expect(last.data["count"] as? Int == 230)
            #expect(last.names("events", "id") == ["evt_c1", "evt_c2", "evt_c3", "evt_c4", "evt_c5"])
            #expect(bench.receiver.messages.count == 3)
        }
    }

    @Test func `events that arrive while the receiver is unavailable are in the next alert, and none twice`()
        async throws
    {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            bench.receiver.answer(
                .failure(.couldNotConnect),
                .failure(.timedOut),
                .success(TransportResponse(status: 500)),
                .success(TransportResponse(status: 302, headers: ["Location": "https://else.example"]))
            )
            try await bench.quarantine("evt_1")
            try await bench.pass(10, worker)
            try await bench.quarantine("evt_2")
            try await bench.quarantine("evt_3")
            try await bench.pass(1200, worker)
            let messages = bench.receiver.messages
            #expect(messages.count == 6, "four that failed, the one that did not, and the next")
            #expect(Set(messages.prefix(5).map(\.id)).count == 1)
            #expect(Set(messages.prefix(5).map(\.body)).count == 1)
            #expect(Set(messages.prefix(5).map(\.timestamp)).count == 5, "each attempt is signed anew")
            #expect(try bench.receiver.message(5).names("events", "id") == ["evt_2", "evt_3"])
            #expect(messages.last?.id != messages.first?.id)
            let lines = bench.harness.log.lines.joined(separator: "\n")
            #expect(lines.contains("answered 302, which is not followed"))
            #expect(!lines.contains("alerts.example") && !lines.contains("evt_2"))
        }
    }

    @Test func `Retry-After is respected, and a receiver that answers 410 gets no more alerts`() async throws
    {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            bench.receiver.answer(status: 503, ["Retry-After": "120"])
            bench.receiver.answer(status: 410)
            try await bench.quarantine("evt_1")
            try await bench.pass(120, worker)
            #expect(bench.receiver.messages.count == 1)
            try await bench.pass(10, worker)
            #expect(bench.receiver.messages.count == 2)
            try await bench.pass(4000, worker)
            #expect(bench.receiver.messages.count == 2)
            #expect(try await bench.pending == [])
            #expect(
                bench.harness.log.lines.contains {
                    $0.hasPrefix("error alert dropped: the receiver answered 410")
                }
            )
        }
    }

    @Test func `after a kill during an attempt the next worker sends the same alert again`() async throws {
        try await AlertBench.with { bench in
            try await bench.quarantine("evt_1")
            // The receiver accepts it, and the worker dies before it reads the answer.
            bench.receiver.answer(.failure(.connectionLost))
            try await bench.pass(6, try bench.worker("first"))
            #expect(bench.receiver.messages.count == 1)
            try await bench.pass(60, try bench.worker("second"))
            #expect(bench.receiver.messages.count == 2)
            #expect(Set(bench.receiver.messages.map(\.id)).count == 1)
            #expect(Set(bench.receiver.messages.map(\.body)).count == 1)
            // The third worker knows that it was sent, and sends nothing.
            try await bench.pass(600, try bench.worker("third"))
            #expect(bench.receiver.messages.count == 2)
        }
    }

    @Test func `an attempt is on record before it is made`() async throws {
        try await AlertBench.with { bench in
            let seen = Mutex<[Job]>([])
            bench.receiver.beforeEachAnswer {
                let pending = try? await bench.pending
                seen.withLock { $0 += pending ?? [] }
            }
            bench.receiver.answer(status: 500)
            try await bench.quarantine("evt_1")
            try await bench.pass(20, try bench.worker())
            let found = seen.withLock(\.self)
            #expect(found.map(\.attempts) == [1, 2])
            #expect(found.map(\.reason) == [nil, "answered 500"])
            // One that dies of it is not tried again at once.
            #expect(found.allSatisfy { $0.dueAt ?? $0.createdAt > $0.createdAt })
        }
    }

    @Test func `a worker that lost its place tells nothing more`() async throws {
        try await AlertBench.with { bench in
            let first = try bench.worker("first")
            try await bench.pass(1, first)
            let second = try bench.worker("second")
            // Opening the database gives back the jobs of an earlier process.
            try await second.workOnce()
            #expect(try await bench.harness.store.job(id: "alert_search")?.holder == "second")
            try await bench.quarantine("evt_1")
            try await bench.pass(6, first)
            #expect(bench.receiver.messages.isEmpty)
            try await bench.pass(60, second)
            try await bench.pass(60, first)
            #expect(bench.receiver.messages.count == 1)
            #expect(Set(bench.receiver.messages.map(\.id)).count == 1)
        }
    }

    @Test func `a clock that ran ahead holds nothing up once it is right`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            bench.harness.time.advance(.seconds(400 * 86_400))
            bench.receiver.answer(status: 500)
            try await bench.quarantine("evt_1")
            try await bench.pass(6, worker)
            #expect(bench.receiver.messages.count == 1)
            bench.harness.time.advance(.seconds(-400 * 86_400))
            try await bench.pass(6, try bench.worker("next"))
            #expect(bench.receiver.messages.count == 2)
            #expect(Set(bench.receiver.messages.map(\.id)).count == 1)
        }
    }
}
