import Billing
import Foundation
import HTTPClient
import Logging
import SQLiteStorage
import Storage
import Synchronization
import Testing
import Webhooks

@testable import BackgroundJobs

/// A receiver that answers each event as the test says, and keeps what it was sent.
private final class Handler: HTTPTransport {
    struct Delivery: Sendable {
        let id: String
        let body: [UInt8]
        let headers: [String: String]
        let status: Int
    }

    private struct State {
        var deliveries: [Delivery] = []
        var answer: @Sendable (String) -> Int = { _ in 200 }
        var beforeAnswer: (@Sendable () async -> Void)?
    }

    private let state = Mutex(State())
    let retryAfter = Mutex<String?>(nil)

    var deliveries: [Delivery] { state.withLock(\.deliveries) }
    var accepted: [String] { deliveries.filter { $0.status < 300 }.map(\.id) }

    /// The status with which it answers an event; 0 for no answer.
    func answer(_ status: @escaping @Sendable (String) -> Int) { state.withLock { $0.answer = status } }

    /// Runs something whenever an event has come and was not answered yet.
    func beforeEachAnswer(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { $0.beforeAnswer = body }
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        guard case .post(let body) = request.method else { throw .unsendable(.url) }
        let id =
            (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?["id"] as? String ?? ""
        let sent = Dictionary(request.headers.map { ($0.name, $0.value) }) { $1 }
        await state.withLock(\.beforeAnswer)?()
        let status = state.withLock { state in
            let status = state.answer(id)
            state.deliveries.append(Delivery(id: id, body: body, headers: sent, status: status))
            return status
        }
        guard status > 0 else { throw .shuttingDown }
        var headers = TransportHeaders()
        if let wait = retryAfter.withLock({ $0 }) { headers.append("Retry-After", wait) }
        return TransportResponse(status: status, headers: headers)
    }
}

/// A log, one receiver, and a clock that only the test moves.
private final class Bench: Sendable {
    static let secret = "whsec_of_the_receiver"
    static let address = "https://receiver.example/v1/stripe-webhook"
    static let start = Instant(unixSeconds: 1_750_000_000)

    let store: SQLiteStore
    let handler = Handler()
    /// The mode of the events to pass on.
    private let livemode: Bool?
    private let clock = Mutex(Bench.start)
    private let hasStarted = Mutex(false)

    init(_ store: SQLiteStore, livemode: Bool?) { (self.store, self.livemode) = (store, livemode) }

    static func with(livemode: Bool? = nil, _ body: (Bench) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "forward-tests-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteStore(path: folder.appending(path: "billing.sqlite").path)
        try await body(Bench(store, livemode: livemode))
        await store.close()
    }

    var now: Instant { clock.withLock { $0 } }

    func advance(seconds: Int64) { clock.withLock { $0 = $0.adding(seconds: seconds) } }

    func target(_ address: String = Bench.address) throws -> ForwardTarget {
        ForwardTarget(
            address: address,
            host: "receiver.example",
            secret: try EndpointSecret(Self.secret)
        )
    }

    /// The worker of a process that stops as soon as there is nothing more to do.
    func worker(_ targets: [ForwardTarget]? = nil) throws -> ForwardWorker {
        ForwardWorker(
            targets: try targets ?? [target()],
            livemode: livemode,
            store: store,
            transport: handler,
            runtime: runtime,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// A process that looks once more when nothing is due, and then stops.
    private var runtime: JobRunner.Runtime {
        let looks = Mutex(0)
        return JobRunner.Runtime(
            now: { self.now },
            sleep: { _ in
                let isOver = looks.withLock { looks in
                    looks += 1
                    return looks > 1
                }
                if isOver { throw CancellationError() }
            },
            random: { 0.5 }
        )
    }

    /// Works until nothing is due, in a new process if `restarts`, or if there was none.
    func work(_ targets: [ForwardTarget]? = nil, restarts: Bool = false) async throws {
        let worker = try worker(targets)
        let isFirst = hasStarted.withLock { started in
            defer { started = true }
            return !started
        }
        if isFirst || restarts || targets != nil { try await worker.start() }
        let runner = JobRunner(
            [worker],
            store: store,
            runtime: runtime,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await runner.workOnce()
    }

    func job() async throws -> Job { try #require(try await store.job(id: target().jobID)) }

    func progress() async throws -> ForwardProgress { try #require(try await job().forwardProgress) }

    @discardableResult
    func record(_ body: String, source: EventSource = .webhook) async throws -> RecordOutcome {
        try await store.record(
            IncomingEvent(parsing: Array(body.utf8), receivedAt: now, source: source)
        )
    }

    /// An event about a charge, with white space that no JSON writer of ours would make.
    static func event(_ id: String, _ charge: String, version: String = "2025-09-30.clover") -> String {
        #"""
        {"id" : "\#(id)","object":"event", "type":"charge.updated","created":1750000000,
         "api_version":"\#(version)","livemode":false,"data":{"object":{"id":"\#(charge)","object":"charge",
         "amount":2500,"currency":"usd","created":1750000000,"status":"succeeded","paid":true,"captured":true}}}
        """#
    }
}

/// Passing events on to receivers behind the service.
@Suite(.timeLimit(.minutes(2)))
struct ForwardingTests {
    @Test func `what arrives is passed on as Stripe sends it, from the first start on`() async throws {
        try await Bench.with { bench in
            try await bench.record(Bench.event("evt_before", "ch_0"))
            try await bench.work()
            #expect(bench.handler.deliveries.isEmpty)
            for number in 1...50 { try await bench.record(Bench.event("evt_\(number)", "ch_\(number % 7)")) }
            try await bench.work()
            #expect(bench.handler.accepted == (1...50).map { "evt_\($0)" })
            let delivery = try #require(bench.handler.deliveries.first)
            #expect(delivery.body == Array(Bench.event("evt_1", "ch_1").utf8))
            #expect(delivery.headers["Content-Type"] == "application/json; charset=utf-8")
            #expect(delivery.headers["User-Agent"]?.hasPrefix("Stripe/1.0") == true)
            // The receiver verifies as Stripe documents it: https://docs.stripe.com/webhooks#verify-manually.
            let header = try SignatureHeader(parsing: try #require(delivery.headers["Stripe-Signature"]))
            #expect(header.signedAt == Bench.start)
            let verifier = SignatureVerifier(
                secrets: [try EndpointSecret(Bench.secret)],
                toleranceSeconds: 300
            )
            _ = try verifier.verify(delivery.body, header, now: Bench.start)
            #expect(try await bench.progress().accepted == 50)
            // Nothing is sent twice.
            try await bench.work()
            #expect(bench.handler.deliveries.count == 50)
        }
    }

    @Test(arguments: [500, 503, 429, 408, 302])
    func `a receiver in trouble gets nothing for a while, and then everything in order`(
        status: Int
    ) async throws {
        try await Bench.with { bench in
            try await bench.work()
            for number in 1...5 { try await bench.record(Bench.event("evt_\(number)", "ch_\(number)")) }
            let isDown = Mutex(true)
            bench.handler.answer { id in id == "evt_3" && isDown.withLock { $0 } ? status : 200 }
            try await bench.work()
            #expect(bench.handler.accepted == ["evt_1", "evt_2"])
            var job = try await bench.job()
            #expect(job.state == .waiting)
            #expect(job.reason == "answered \(status)")
            let due = try #require(job.dueAt)
            #expect(due > bench.now)
            // It is not asked again before.
            try await bench.work()
            #expect(bench.handler.deliveries.count == 3)
            bench.handler.retryAfter.withLock { $0 = "120" }
            bench.advance(seconds: due.seconds(since: bench.now))
            try await bench.work()
            job = try await bench.job()
            #expect(job.dueAt == bench.now.adding(seconds: 120))
            bench.advance(seconds: 120)
            isDown.withLock { $0 = false }
            try await bench.work()
            #expect(bench.handler.accepted == (1...5).map { "evt_\($0)" })
        }
    }

    @Test func `a refused event delays only the events of its object`() async throws {
        try await Bench.with { bench in
            try await bench.work()
            for (number, charge) in [(1, "a"), (2, "b"), (3, "a"), (4, "c"), (5, "a")] {
                try await bench.record(Bench.event("evt_\(number)", "ch_\(charge)"))
            }
            let refuses = Mutex(true)
            bench.handler.answer { id in id == "evt_1" && refuses.withLock { $0 } ? 400 : 200 }
            try await bench.work()
            #expect(bench.handler.accepted == ["evt_2", "evt_4"])
            #expect(try await bench.progress().delayed.map(\.attempts) == [1, 0, 0])
            // It was not tried again a moment later.
            #expect(bench.handler.deliveries.count == 3)
            refuses.withLock { $0 = false }
            bench.advance(seconds: 60)
            for _ in 1...3 { try await bench.work() }
            #expect(bench.handler.accepted == ["evt_2", "evt_4", "evt_1", "evt_3", "evt_5"])
            #expect(try await bench.progress().delayed == [])
        }
    }

    @Test func `what is refused for three days is given up, and what waited behind it goes on`() async throws
    {
        try await Bench.with { bench in
            try await bench.work()
            for number in 1...2 { try await bench.record(Bench.event("evt_\(number)", "ch_a")) }
            bench.handler.answer { $0 == "evt_1" ? 422 : 200 }
            var hours = 0
            while try await bench.progress().givenUp == 0, hours < 100 {
                try await bench.work()
                bench.advance(seconds: 3600)
                hours += 1
            }
            #expect((72...79).contains(hours))
            #expect(bench.handler.deliveries.count < 80)
            try await bench.work()
            #expect(bench.handler.accepted == ["evt_2"])
        }
    }

    @Test func `the service's own events are not Stripe's, and another version of one is not another`()
        async throws
    {
        try await Bench.with { bench in
            try await bench.work()
            try await bench.record(Bench.event("evt_1", "ch_1"))
            try await bench.record(Bench.event("evt_1", "ch_1", version: "2024-06-20"))
            let fetched = Bench.event("evt_ours_2", "ch_2").replacing(
                "charge.updated",
                with: "charge.fetched"
            )
            try await bench.record(fetched, source: .api)
            try await bench.record(Bench.event("evt_listed", "ch_3"), source: .api)
            try await bench.work()
            #expect(bench.handler.accepted == ["evt_1", "evt_listed"])
        }
    }

    @Test func `a receiver that is taken out waits, and continues when it is named again`() async throws {
        try await Bench.with { bench in
            try await bench.work()
            try await bench.record(Bench.event("evt_1", "ch_1"))
            try await bench.work([])
            #expect(bench.handler.deliveries.isEmpty)
            #expect(try await bench.job().state == .waiting)
            try await bench.work(restarts: true)
            #expect(bench.handler.accepted == ["evt_1"])
        }
    }

    @Test func `an event whose body was purged is given up, and counted`() async throws {
        try await Bench.with { bench in
            try await bench.work()
            for number in 1...3 { try await bench.record(Bench.event("evt_\(number)", "ch_\(number)")) }
            let second = try #require(try await bench.store.renderings(of: "evt_2").first)
            let purged = try #require(second.purged(at: bench.now, archive: nil))
            _ = try await bench.store.purge([purged])
            try await bench.work()
            #expect(bench.handler.accepted == ["evt_1", "evt_3"])
            #expect(try await bench.progress().givenUp == 1)
        }
    }

    @Test func `a receiver whose URL was changed continues where it was`() async throws {
        try await Bench.with { bench in
            try await bench.work()
            try await bench.record(Bench.event("evt_1", "ch_1"))
            bench.handler.answer { _ in 503 }
            try await bench.work()
            bench.handler.answer { _ in 200 }
            try await bench.work([bench.target(Bench.address + "?token=new")])
            #expect(bench.handler.accepted == ["evt_1"])
        }
    }

    @Test func `an event that the receiver's handler fails at holds up only the events of its object`()
        async throws
    {
        try await Bench.with { bench in
            try await bench.work()
            for (number, charge) in [(1, "a"), (2, "b"), (3, "a"), (4, "c")] {
                try await bench.record(Bench.event("evt_\(number)", "ch_\(charge)"))
            }
            bench.handler.answer { $0 == "evt_1" ? 500 : 200 }
            for _ in 1...8 {
                try await bench.work()
                bench.advance(seconds: 300)
            }
            #expect(Set(bench.handler.accepted) == ["evt_2", "evt_4"])
            bench.handler.answer { _ in 200 }
            for _ in 1...4 {
                bench.advance(seconds: 3600)
                try await bench.work()
            }
            #expect(bench.handler.accepted.suffix(2) == ["evt_1", "evt_3"])
        }
    }

    @Test func `events of the other mode, of another account and thin ones are not passed on`() async throws {
        try await Bench.with(livemode: true) { bench in
            try await bench.work()
            try await bench.record(Bench.event("evt_test", "ch_1"))
            let live = Bench.event("evt_live", "ch_2").replacing(
                #""livemode":false"#,
                with: #""livemode":true"#
            )
            try await bench.record(live)
            let connected = live.replacing("evt_live", with: "evt_connected")
                .replacing(#""object":"event""#, with: #""object":"event","account":"acct_1""#)
            try await bench.record(connected)
            try await bench.record(
                #"""
                {"id":"evt_thin","object":"v2.core.event","type":"v1.charge.succeeded","livemode":true,
                 "created":"2025-06-15T15:06:40.000Z",
                 "related_object":{"id":"ch_3","type":"charge","url":"/v1/charges/ch_3"}}
                """#
            )
            try await bench.work()
            #expect(bench.handler.accepted == ["evt_live"])
        }
    }

    /// A slow receiver takes longer for a batch than a lease lasts.
    @Test func `no other runner takes the job of a slow receiver`() async throws {
        try await Bench.with { bench in
            try await bench.work()
            for number in 1...20 { try await bench.record(Bench.event("evt_\(number)", "ch_\(number)")) }
            let taken = Mutex(0)
            bench.handler.beforeEachAnswer {
                bench.advance(seconds: 25)
                let jobs = try? await bench.store.take(
                    .forward,
                    as: "another",
                    now: bench.now,
                    seconds: 60,
                    limit: 1
                )
                taken.withLock { $0 += jobs?.count ?? 1 }
            }
            try await bench.work()
            #expect(taken.withLock { $0 } == 0)
            #expect(bench.handler.accepted == (1...20).map { "evt_\($0)" })
        }
    }

    /// Whatever a receiver answers: in the end it has accepted everything, and the events of an object in order.
    @Test(arguments: 0..<40)
    func `nothing is lost, and no event overtakes another of its object`(seed: UInt64) async throws {
        try await Bench.with { bench in
            try await bench.work()
            let random = Mutex(SplitMix(seed: seed))
            bench.handler.answer { _ in
                random.withLock { [200, 200, 200, 400, 503, 0][Int($0.next() % 6)] }
            }
            let events = (1...30).map { number in
                ("evt_\(number)", "ch_\(random.withLock { $0.next() % 5 })")
            }
            for (id, charge) in events {
                try await bench.record(Bench.event(id, charge))
                if random.withLock({ $0.next() % 3 }) == 0 { try await bench.work() }
            }
            var looks = 0
            while Set(bench.handler.accepted).count < events.count, looks < 2000 {
                bench.advance(seconds: 600)
                try await bench.work()
                looks += 1
            }
            #expect(Set(bench.handler.accepted) == Set(events.map(\.0)))
            var first: [String: Int] = [:]
            for (place, id) in bench.handler.accepted.enumerated() where first[id] == nil {
                first[id] = place
            }
            for charge in Set(events.map(\.1)) {
                let places = events.filter { $0.1 == charge }.compactMap { first[$0.0] }
                #expect(places == places.sorted())
            }
            #expect(try await bench.progress().givenUp == 0)
        }
    }
}

/// SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
