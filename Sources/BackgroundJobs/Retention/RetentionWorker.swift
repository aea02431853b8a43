package import Billing
package import Logging
package import Storage

/// How long event bodies are kept, and where they are archived.
package struct RetentionRules: Sendable, Equatable {
    /// Stripe retries for 3 days, and lists events and can resend them for 30.
    package static let minimumDays: Int64 = 31

    package let days: Int64
    /// `nil`: bodies are deleted without an archive.
    package let archive: EventArchive?

    package init(days: Int64, archive: EventArchive?) {
        self.days = days
        self.archive = archive
    }

    package func cutoff(at now: Instant) -> Instant { now.adding(seconds: -days * 86_400) }
}

/// Deletes the bodies of old events, after archiving them if an archive is set.
///
/// It works in small batches and rests four times as long as each batch took, so that deliveries are not
/// slowed.
package struct RetentionWorker: JobWorker {
    private let store: any BodyRetention & JobStore
    private let rules: RetentionRules
    private let runtime: JobRunner.Runtime
    private let instruments: RetentionInstruments
    private let logger: Logger

    package let kinds = [Job.Kind.retention]
    package let leaseSeconds: Int64 = 300
    package let longestWait = Self.intervalSeconds + Int64(Self.jitterSeconds)
    package let pause = Duration.seconds(30)

    /// Seconds from the end of one pass to the next.
    private static let intervalSeconds: Int64 = 3600
    /// Random extra delay, so that services started together do not all work in the same second.
    private static let jitterSeconds = 600.0
    private static let batchSize = 50
    private static let batchBytes = 2 << 20
    private static let restRatio = 4

    /// - Parameters:
    ///   - store: Holds the bodies.
    ///   - rules: How long bodies are kept, and the archive.
    ///   - runtime: Clock, sleep and randomness.
    ///   - instruments: Counts the deleted bodies.
    ///   - logger: Gets a line for each pass that deleted bodies or failed.
    package init(
        store: any BodyRetention & JobStore,
        rules: RetentionRules,
        runtime: JobRunner.Runtime,
        instruments: RetentionInstruments = RetentionInstruments(),
        logger: Logger
    ) {
        self.store = store
        self.rules = rules
        self.runtime = runtime
        self.instruments = instruments
        self.logger = logger
    }

    package func start() async throws(StoreError) {
        _ = try await store.add(Job(only: .retention, now: runtime.now()))
    }

    package func perform(_ execution: JobExecution) async throws(Interruption) -> JobOutcome {
        var pass = Pass(progress: execution.job.retentionProgress ?? RetentionProgress())
        do {
            try await perform(&pass, execution)
        } catch let fault as EventArchive.Fault {
            // Bodies that are not archived are not deleted.
            logger.warning("bodies not archived, none purged", metadata: ["reason": "\(fault)"])
            return .failed(reason: "\(fault)", againAt: nextPass)
        } catch let error as StoreError {
            throw .store(error)
        } catch let interruption as Interruption {
            throw interruption
        } catch {
            throw .store(StoreError(.other, while: "purging old bodies"))
        }
        if pass.bodies > 0 {
            logger.notice(
                "bodies purged",
                metadata: ["bodies": "\(pass.bodies)", "bytes": "\(pass.bytes)", "days": "\(rules.days)"]
            )
        }
        return .completed(againAt: nextPass)
    }

    private var nextPass: Instant {
        runtime.now().adding(seconds: Self.intervalSeconds + Int64(Self.jitterSeconds * runtime.random()))
    }

    private struct Pass {
        var progress: RetentionProgress
        var last: StoredEvent?
        var bodies = 0
        var bytes = 0
    }

    private func perform(_ pass: inout Pass, _ execution: JobExecution) async throws {
        let cutoff = rules.cutoff(at: runtime.now())
        while true {
            let aged = try await store.agedBodies(
                receivedBefore: cutoff,
                after: pass.last,
                limit: Self.batchSize,
                maxBytes: Self.batchBytes
            )
            guard let last = aged.last else { return }
            let began = runtime.uptime()
            try await deleteBodies(of: aged, &pass)
            pass.last = last
            execution.update(pass.progress)
            // After a quarter of the lease, to save writes.
            if execution.secondsLeft < leaseSeconds * 3 / 4 { try await execution.keep() }
            let rest = max(.milliseconds(20), began.duration(to: runtime.uptime()) * Self.restRatio)
            guard (try? await runtime.sleep(rest)) != nil else { throw Interruption.stopped }
        }
    }

    private func deleteBodies(of aged: [StoredEvent], _ pass: inout Pass) async throws {
        let now = runtime.now()
        // The body stays of an event of which no extract can be made.
        let pairs = aged.compactMap { event in
            event.purged(at: now, archive: rules.archive.map { _ in EventArchive.fileName(of: event) })
                .map { (event, purged: $0) }
        }
        guard !pairs.isEmpty else { return }
        try rules.archive?.append(pairs.map(\.0))
        let removed = try await store.purge(pairs.map(\.purged))
        if let archive = rules.archive, !removed.erased.isEmpty {
            // Their customer was erased after we read the bodies; the erasure ran before these lines existed,
            // so remove them here.
            _ = try archive.files(erasing: true) { removed.erased.contains($0.key) }
        }
        let (count, bytes) = (pairs.count - removed.erased.count, removed.bytes)
        instruments.removed(count, bytes: bytes)
        pass.bodies += count
        pass.bytes += bytes
        pass.progress.bodies += count
        pass.progress.bytes += bytes
    }
}
