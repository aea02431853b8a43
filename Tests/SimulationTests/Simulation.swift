import Billing
import Foundation
import Logging
import SQLiteStorage
import Storage
import Scenarios
import StripeAPI
import Synchronization
import TestSupport
import BackgroundJobs
import Webhooks

/// The write path, the work queue and the clock, in one process and on one seed: Stripe delivers and retries, the
/// store and Stripe's API fail, the clock is set wrong, the process is started again; then the faults stop.
struct Simulation {
    /// A law that did not hold.
    struct Violation: Error, CustomStringConvertible {
        let seed: UInt64
        let law: String

        var description: String {
            "seed \(seed): \(law)   (replay: SEED=\(seed) swift test --filter Simulation)"
        }
    }

    /// The result of a run, for the figures.
    struct Outcome: Sendable {
        var delivered = 0
        var refused = 0
        var restarts = 0
        var fetched = 0
        var clockSteps = 0
    }

    private let seed: UInt64
    private var random: SeededRandom
    private let clock: SimulatedClock
    private let folder: URL
    private let stripe: SimulatedStripe
    private let secret: EndpointSecret
    /// The events that Stripe delivers; a story whose charges it never tells leaves work for the queue.
    private var undelivered: [FixtureEvent]
    private var sent: Set<String> = []
    private var acknowledged: Set<String> = []
    private var outcome = Outcome()

    init(seed: UInt64) throws {
        self.seed = seed
        var random = SeededRandom(seed: seed)
        clock = SimulatedClock(Instant(unixSeconds: 1_790_000_000))
        let stories = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            RandomScenario.random(seed: random.next())
        }
        stripe = SimulatedStripe(stories: stories, seed: random.next())
        secret = try EndpointSecret("whsec_simulation")
        undelivered = stories.flatMap { story in
            let hidesCharges = random.happens(inPercent: 40)
            return story.events.filter { !hidesCharges || !$0.type.hasPrefix("charge.") }
        }
        folder = Self.memory.appending(path: "simulation-\(UUID().uuidString)")
        self.random = random
    }

    /// Where files live in memory, if the machine has such a place: here the store fails by dice, not by power cuts,
    /// and a thousand seeds would otherwise wait for sixty thousand syncs.
    private static let memory =
        FileManager.default.isWritableFile(atPath: "/dev/shm")
        ? URL(filePath: "/dev/shm") : FileManager.default.temporaryDirectory

    /// - Throws: ``Violation``.
    mutating func run() async throws -> Outcome {
        defer { try? FileManager.default.removeItem(at: folder) }
        var store = try open()
        var fetcher = fetcher(store)
        for _ in 0..<25 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5: await deliver(to: store)
            case 5, 6: _ = try? await fetcher.workOnce()
            case 7: clock.advance(Int64.random(in: 1...900, using: &random))
            case 8:
                // Set wrong, or right again.
                clock.advance(random.happens(inPercent: 50) ? 3600 : -3600)
                outcome.clockSteps += 1
            default:
                await store.close()
                store = try open()
                fetcher = self.fetcher(store)
                outcome.restarts += 1
                try await checkSafety(store)
            }
        }
        stripe.calmDown()
        store.calmDown()
        try await settle(store, fetcher)
        try await checkSafety(store)
        outcome.fetched = stripe.requests
        await store.close()
        return outcome
    }

    private mutating func open() throws -> FlakyStore {
        FlakyStore(
            try SQLiteStore(path: folder.appending(path: "billing.sqlite").path),
            seed: random.next()
        )
    }

    private func fetcher(_ store: any Store) -> JobRunner {
        let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        let runtime = JobRunner.Runtime(now: { [clock] in clock.now }, random: { 0.5 })
        let worker = MissingObjectFetcher(
            store: store,
            stripe: StripeClient(transport: stripe, key: Self.key),
            schedule: RetrySchedule(maxAttempts: 10_000, baseSeconds: 5, capSeconds: 600),
            runtime: runtime,
            logger: logger
        )
        return JobRunner([worker], store: store, runtime: runtime, logger: logger)
    }

    // A literal of the right form.
    // swift-format-ignore: NeverForceUnwrap
    private static let key = StripeSecretKey("sk_test_simulation")!

    // MARK: Stripe delivers

    /// A few deliveries at once, in any order; some of events that were acknowledged already.
    private mutating func deliver(to store: FlakyStore) async {
        let count = Int.random(in: 1...4, using: &random)
        var batch = Array(undelivered.shuffled(using: &random).prefix(count))
        if random.happens(inPercent: 20), let again = batch.first { batch.append(again) }
        await deliver(batch, to: store)
    }

    private mutating func deliver(_ batch: [FixtureEvent], to store: FlakyStore) async {
        let (now, secret) = (clock.now, secret)
        let answers = await withTaskGroup(of: (String, Bool).self) { group in
            for event in batch {
                group.addTask {
                    let isAcknowledged = await Self.isAcknowledged(event, by: store, now: now, secret: secret)
                    return (event.id, isAcknowledged)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        sent.formUnion(batch.map(\.id))
        for (id, isAcknowledged) in answers {
            if isAcknowledged { acknowledged.insert(id) }
            outcome.delivered += 1
            outcome.refused += isAcknowledged ? 0 : 1
        }
        // An event may still be delivered after it was acknowledged: Stripe promises at least once, not once.
        let done = acknowledged
        let keeps = random.happens(inPercent: 10)
        if !keeps { undelivered.removeAll { done.contains($0.id) } }
    }

    /// The whole way of a delivery, as the webhook's route goes it.
    private static func isAcknowledged(
        _ event: FixtureEvent,
        by store: FlakyStore,
        now: Instant,
        secret: EndpointSecret
    ) async -> Bool {
        let header = PayloadSigner(secret: secret).header(for: event.body, at: now)
        do {
            let verified = try SignatureVerifier(secrets: [secret]).verify(
                event.body,
                header: header,
                now: now
            )
            let parsed = try verified.event()
            _ = try await store.record(
                IncomingEvent(parsed, payload: verified.bytes, receivedAt: now, source: .webhook)
            )
            return true
        } catch {
            return false
        }
    }

    // MARK: Laws

    /// Acknowledged ⊆ stored ⊆ sent, and the feed equals the naive feed of the stored events.
    private func checkSafety(_ store: FlakyStore) async throws {
        let payloads = try await storedPayloads(store)
        let stored = Set(payloads.keys)
        let fromStripe = stored.filter { !$0.hasPrefix("fetched_") }
        if let lost = acknowledged.subtracting(stored).min() {
            throw violation("\(lost) was acknowledged and is lost")
        }
        if let extra = fromStripe.subtracting(sent).min() {
            throw violation("\(extra) is stored and was never sent")
        }
        let found =
            try await store.page(TransactionFilter(.anyCustomer), cursor: .start, limit: 1000)?.elements ?? []
        let expected = NaiveFeed.rows(of: Array(payloads.values))
        guard found == expected else { throw violation("the feed is not what the log says") }
    }

    private func storedPayloads(_ store: FlakyStore) async throws -> [String: [UInt8]] {
        var payloads: [String: [UInt8]] = [:]
        let entries = try await store.entries(EventQuery(limit: 1000))?.elements ?? []
        for entry in entries { payloads[entry.id] = try await store.entry(id: entry.id)?.payload }
        return payloads
    }

    /// Without further faults, everything is delivered and fetched within a bounded number of steps.
    private mutating func settle(_ store: FlakyStore, _ fetcher: JobRunner) async throws {
        for _ in 0..<40 {
            await deliver(undelivered, to: store)
            clock.advance(700)
            try await fetcher.workOnce()
            let work = try await store.fetches()
            if work.gaveUp > 0 { throw violation("work was given up although Stripe has the object") }
            if undelivered.isEmpty, work.pending == 0 { return }
        }
        throw violation("40 calm steps do not drain what is left")
    }

    private func violation(_ law: String) -> Violation { Violation(seed: seed, law: law) }
}

/// A clock that only tests advance.
final class SimulatedClock: Sendable {
    private let instant: Mutex<Instant>

    init(_ start: Instant) { instant = Mutex(start) }

    var now: Instant { instant.withLock { $0 } }

    func advance(_ seconds: Int64) { instant.withLock { $0 = $0.adding(seconds: seconds) } }
}
