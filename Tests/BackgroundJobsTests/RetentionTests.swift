import Billing
import Foundation
import Storage
import Scenarios
import Synchronization
import TestSupport
import Testing
import BackgroundJobs

struct RetentionTests {
    private typealias Harness = JobHarness
    private static let days: Int64 = 31
    private static let seconds = days * 86_400

    private struct Line: Decodable {
        let object: String
        let id: String
        let type: String
        let received_at: Int64
        let body: String
    }

    /// Makes a folder for an archive for as long as `body` runs.
    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "retention-tests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    private func lines(in folder: URL) throws -> [Line] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().flatMap { name in
            try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\n")
                .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        }
    }

    private final class Rests: Sendable {
        private let durations = Mutex<[Duration]>([])

        var all: [Duration] { durations.withLock { $0 } }

        func add(_ duration: Duration) { durations.withLock { $0.append(duration) } }
    }

    private func worker(
        _ harness: Harness,
        on store: (any BodyRetention & JobStore)? = nil,
        archive folder: URL? = nil,
        rests: Rests = Rests()
    ) -> JobRunner {
        let store = store ?? harness.store
        let runtime = JobRunner.Runtime(
            now: { harness.clock.now },
            sleep: { rests.add($0) },
            random: { 0 }
        )
        let worker = RetentionWorker(
            store: store,
            rules: RetentionRules(
                days: Self.days,
                archive: folder.map { EventArchive(folder: $0.path) }
            ),
            runtime: runtime,
            logger: harness.log.logger
        )
        return JobRunner([worker], store: store, runtime: runtime, logger: harness.log.logger)
    }

    private func begin(_ harness: Harness) async throws {
        _ = try await harness.store.add(Job(only: .retention, now: harness.clock.now))
    }

    /// Completes the pass that is due.
    private func pass(_ runner: JobRunner, _ harness: Harness) async throws -> Job {
        try await begin(harness)
        #expect(try await runner.workOnce() == 1)
        return try #require(try await harness.store.job(id: "retention"))
    }

    private func event(_ id: String) -> String { #"{"id":"\#(id)","type":"some.thing","note":"é \"\\ "}"# }

    private func idsWithBody(_ harness: Harness) async throws -> [String] {
        try await harness.store.entries(EventQuery(limit: 1000))?.elements
            .filter { $0.removal == nil }.map(\.id).sorted() ?? []
    }

    @Test func `a body goes when it is older than it is to be kept, and not a second before`() async throws {
        try await Harness.with { harness in
            for id in ["evt_1", "evt_2"] {
                try await harness.record(event(id))
                harness.clock.advance(seconds: 1)
            }
            harness.clock.advance(seconds: Self.seconds - 2)
            let worker = worker(harness)
            let first = try await pass(worker, harness)
            #expect(try await idsWithBody(harness) == ["evt_1", "evt_2"])
            #expect(first.state == .completed)
            harness.clock.advance(seconds: 3600)
            let second = try await pass(worker, harness)
            #expect(try await idsWithBody(harness).isEmpty)
            let bytes = 2 * event("evt_1").utf8.count
            #expect(second.id == first.id)
            #expect(second.retentionProgress?.bodies == 2)
            #expect(second.retentionProgress?.bytes == bytes)
            #expect(!harness.log.lines.contains { $0.contains("evt_1") })
        }
    }

    @Test func `passes are an hour apart, and a clock that ran ahead holds nothing up`() async throws {
        try await Harness.with { harness in
            let worker = worker(harness)
            _ = try await pass(worker, harness)
            harness.clock.advance(seconds: 3599)
            #expect(try await worker.workOnce() == 0)
            harness.clock.advance(seconds: 1)
            #expect(try await worker.workOnce() == 1)
            harness.clock.advance(seconds: -100_000)
            #expect(try await worker.workOnce() == 1)
        }
    }

    @Test func `the archive has every body unchanged before the database deletes it`() async throws {
        try await withFolder { folder in
            try await Harness.with { harness in
                let bodies = (0..<6).flatMap { RandomScenario.random(seed: $0).events.map(\.body) }
                for body in bodies {
                    try await harness.record(String(decoding: body, as: UTF8.self))
                    harness.clock.advance(seconds: 7000)
                }
                try await harness.record(event("evt_odd"))
                let rows = try await harness.store.page(
                    TransactionFilter(.anyCustomer),
                    cursor: .start,
                    limit: 100
                )?
                .elements
                harness.clock.advance(seconds: Self.seconds + 1)
                let rests = Rests()
                let run = try await pass(worker(harness, archive: folder, rests: rests), harness)
                #expect(run.state == .completed)
                let lines = try lines(in: folder)
                let expected = bodies.map { String(decoding: $0, as: UTF8.self) } + [event("evt_odd")]
                #expect(lines.map(\.body) == expected)
                #expect(lines.allSatisfy { $0.object == "archived_event" })
                #expect(lines.last?.id == "evt_odd" && lines.last?.type == "some.thing")
                #expect(lines.first?.received_at == Harness.start.unixSeconds)
                #expect(try await idsWithBody(harness).isEmpty)
                let entry = try await harness.store.entry(id: "evt_odd")?.entry
                let day = CalendarDate(try #require(entry?.receivedAt)).text
                #expect(entry?.removal?.archive == "events-\(day).jsonl")
                #expect(rests.all.count == (expected.count + 49) / 50)
                #expect(rests.all.allSatisfy { $0 >= .milliseconds(20) })

                #expect(try await harness.store.reprojectAll().changed == 0)
                let after = try await harness.store.page(
                    TransactionFilter(.anyCustomer),
                    cursor: .start,
                    limit: 100
                )?
                .elements
                #expect(after == rows)
            }
        }
    }

    @Test func `without the archive's folder nothing goes, and the log says why`() async throws {
        try await withFolder { folder in
            try await Harness.with { harness in
                try await harness.record(event("evt_1"))
                harness.clock.advance(seconds: Self.seconds + 1)
                let missing = folder.appending(path: "missing")
                let worker = worker(harness, archive: missing)
                let failed = try await pass(worker, harness)
                #expect(failed.state == .failed)
                #expect(failed.reason == "the folder of EVENT_ARCHIVE, \(missing.path), does not exist")
                #expect(harness.log.lines.contains { $0.contains("does not exist") })
                #expect(try await idsWithBody(harness) == ["evt_1"])

                try FileManager.default.createDirectory(at: missing, withIntermediateDirectories: false)
                harness.clock.advance(seconds: 3600)
                #expect(try await pass(worker, harness).state == .completed)
                #expect(try await idsWithBody(harness).isEmpty)
                #expect(try lines(in: missing).map(\.id) == ["evt_1"])
            }
        }
    }

    @Test func `a body that is erased on its way into the archive is taken out of there again`() async throws
    {
        try await withFolder { folder in
            try await Harness.with { harness in
                for id in ["evt_1", "evt_2"] { try await harness.record(event(id)) }
                harness.clock.advance(seconds: Self.seconds + 1)
                let store = DyingStore(store: harness.store) { () async throws(StoreError) in
                    let events = try await harness.store.events(after: 0, limit: 1)
                    _ = try await harness.store.erase(events, at: harness.clock.now)
                }
                try await begin(harness)
                #expect(try await worker(harness, on: store, archive: folder).workOnce() == 1)
                #expect(try lines(in: folder).map(\.id) == ["evt_2"])
                #expect(try await harness.store.entry(id: "evt_1")?.entry.removal?.cause == .erasure)
                #expect(try await harness.store.entry(id: "evt_2")?.entry.removal?.cause == .age)
            }
        }
    }

    @Test
    func `killed behind the archive and before the database, a line is there twice and none is missing`()
        async throws
    {
        try await withFolder { folder in
            try await Harness.with { harness in
                for id in ["evt_1", "evt_2"] { try await harness.record(event(id)) }
                harness.clock.advance(seconds: Self.seconds + 1)
                let dying = DyingStore(store: harness.store)
                try await begin(harness)
                await #expect(throws: StoreError.self) {
                    try await worker(harness, on: dying, archive: folder).workOnce()
                }
                #expect(try await idsWithBody(harness) == ["evt_1", "evt_2"])
                #expect(try lines(in: folder).map(\.id) == ["evt_1", "evt_2"])
                // The next runner finds the pass where it was left.
                harness.clock.advance(seconds: 300)
                #expect(try await worker(harness, archive: folder).workOnce() == 1)
                #expect(try await idsWithBody(harness).isEmpty)
                #expect(try lines(in: folder).map(\.id) == ["evt_1", "evt_2", "evt_1", "evt_2"])
            }
        }
    }
}

/// A store that purges nothing, as if the process had been killed there, or in which something happens at
/// that moment.
private struct DyingStore: BodyRetention, JobStore {
    let store: any BodyRetention & JobStore
    var meanwhile: (@Sendable () async throws(StoreError) -> Void)?

    func agedBodies(
        receivedBefore cutoff: Instant,
        after last: StoredEvent?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [StoredEvent] {
        try await store.agedBodies(
            receivedBefore: cutoff,
            after: last,
            limit: limit,
            maxBytes: maxBytes
        )
    }
    func purge(_ events: [StoredEvent]) async throws(StoreError) -> RemovedBodies {
        guard let meanwhile else { throw StoreError(.inputOutput, while: "dying") }
        try await meanwhile()
        return try await store.purge(events)
    }
    func oldestBody() async throws(StoreError) -> Instant? { try await store.oldestBody() }

    func latestJob(_ kind: Job.Kind) async throws(StoreError) -> Job? { try await store.latestJob(kind) }
    func job(id: String) async throws(StoreError) -> Job? { try await store.job(id: id) }
    func jobs(_ query: JobQuery) async throws(StoreError) -> [Job] { try await store.jobs(query) }
    func summary() async throws(StoreError) -> [JobSummary] { try await store.summary() }
    func remove(_ job: Job) async throws(StoreError) -> Bool { try await store.remove(job) }
    func add(_ job: Job) async throws(StoreError) -> Bool { try await store.add(job) }
    func take(
        _ kind: Job.Kind,
        as holder: String,
        now: Instant,
        seconds: Int64,
        limit: Int
    ) async throws(StoreError) -> [Job] {
        try await store.take(kind, as: holder, now: now, seconds: seconds, limit: limit)
    }
    func replace(
        _ job: Job,
        adding added: [Job],
        withdrawing withdrawn: [String]
    ) async throws(StoreError) -> Job? {
        try await store.replace(job, adding: added, withdrawing: withdrawn)
    }
    func reschedule(
        _ kind: Job.Kind,
        dueAfter latest: Instant,
        now: Instant
    ) async throws(StoreError) {
        try await store.reschedule(kind, dueAfter: latest, now: now)
    }
}
