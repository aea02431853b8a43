package import Billing
package import Logging
import ServiceLifecycle
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
/// slowed. One replica at a time does this.
package struct RetentionWorker: Service {
    private let store: any BodyRetention & JobStore
    private let rules: RetentionRules
    private let runtime: JobRunner.Runtime
    private let instruments: RetentionInstruments
    private let logger: Logger
    private let name: String

    private static let pause = Duration.seconds(30)
    /// Seconds from the end of one pass to the next.
    private static let intervalSeconds: Int64 = 3600
    /// Random extra delay, so that replicas started together do not all ask in the same second.
    private static let jitterSeconds = 600.0
    private static let leaseSeconds: Int64 = 300
    private static let batchSize = 50
    private static let batchBytes = 2 << 20
    private static let restRatio = 4

    /// - Parameters:
    ///   - store: Holds the bodies.
    ///   - rules: How long bodies are kept, and the archive.
    ///   - runtime: Clock, sleep and randomness.
    ///   - name: Identifies this worker as the holder of the lease; unique among replicas.
    ///   - instruments: Counts the deleted bodies.
    ///   - logger: Gets a line for each pass that deleted bodies or failed.
    package init(
        store: any BodyRetention & JobStore,
        rules: RetentionRules,
        runtime: JobRunner.Runtime,
        name: String = JobID.make(prefix: "worker_"),
        instruments: RetentionInstruments = RetentionInstruments(),
        logger: Logger
    ) {
        self.store = store
        self.rules = rules
        self.runtime = runtime
        self.name = name
        self.instruments = instruments
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let interval = Self.intervalSeconds + Int64(Self.jitterSeconds * runtime.random())
            while !Task.isCancelled {
                do throws(StoreError) {
                    _ = try await store.beginRetention(after: interval, now: runtime.now())
                    try await workOnce()
                } catch {
                    logger.error("purge failed", metadata: ["error": "\(error)"])
                }
                try? await runtime.sleep(Self.pause)
            }
        }
    }

    /// Takes the waiting pass, if there is one, and completes it.
    ///
    /// - Returns: Whether a pass was waiting.
    /// - Throws: ``StoreError``; a later call continues the pass.
    @discardableResult
    package func workOnce() async throws(StoreError) -> Bool {
        let taken = try await store.takeUp(
            .retention,
            as: name,
            now: runtime.now(),
            seconds: Self.leaseSeconds
        )
        guard let run = taken else { return false }
        var pass = Pass(
            run: run,
            progress: run.retentionProgress ?? RetentionProgress(),
            heldAt: runtime.now()
        )
        let end: Job
        do {
            guard try await perform(&pass) else { return true }
            end = pass.run.left(.completed, now: runtime.now())
        } catch let fault as EventArchive.Fault {
            // Bodies that are not archived are not deleted.
            logger.warning("bodies not archived, none purged", metadata: ["reason": "\(fault)"])
            end = pass.run.left(.failed, reason: "\(fault)", now: runtime.now())
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.other, while: "purging old bodies")
        }
        _ = try await store.replace(end)
        if pass.bodies > 0 {
            logger.notice(
                "bodies purged",
                metadata: ["bodies": "\(pass.bodies)", "bytes": "\(pass.bytes)", "days": "\(rules.days)"]
            )
        }
        return true
    }

    private struct Pass {
        var run: Job
        var progress: RetentionProgress
        var heldAt: Instant
        var position: BodyPosition?
        var bodies = 0
        var bytes = 0
    }

    /// - Returns: `false` when another replica took the pass over, or the service stops.
    private func perform(_ pass: inout Pass) async throws -> Bool {
        let cutoff = rules.cutoff(at: runtime.now())
        while true {
            let aged = try await store.agedBodies(
                receivedBefore: cutoff,
                after: pass.position,
                limit: Self.batchSize,
                maxBytes: Self.batchBytes
            )
            guard let last = aged.last else { return true }
            let began = runtime.uptime()
            try await deleteBodies(of: aged, &pass)
            pass.position = last.position
            pass.run.keep(pass.progress)
            guard try await renewLease(&pass) else { return false }
            let rest = max(.milliseconds(20), began.duration(to: runtime.uptime()) * Self.restRatio)
            guard (try? await runtime.sleep(rest)) != nil, !Task.isCancelled else {
                _ = try await store.replace(pass.run.left(.running, now: runtime.now()))
                return false
            }
        }
    }

    private func deleteBodies(of aged: [AgedBody], _ pass: inout Pass) async throws {
        let removable = aged.compactMap { body in
            RemovableBody(
                body,
                archive: rules.archive.map { _ in
                    EventArchive.fileName(of: CalendarDate(body.event.entry.receivedAt))
                }
            )
        }
        guard !removable.isEmpty else { return }
        if let archive = rules.archive {
            let going = Set(removable.map(\.sequence))
            try archive.append(
                aged.filter { going.contains($0.position.sequence) }.compactMap { body in
                    body.event.payload.map { ArchivedEvent(body.event.entry, payload: $0) }
                }
            )
        }
        let removed = try await store.remove(removable, at: runtime.now())
        if let archive = rules.archive, !removed.erased.isEmpty {
            // Their customer was erased after we read the bodies; the erasure ran before these lines existed,
            // so remove them here.
            _ = try archive.files(erasing: true) { removed.erased.contains($0.key) }
        }
        let (count, bytes) = (removable.count - removed.erased.count, removed.bytes)
        instruments.removed(count, bytes: bytes)
        pass.bodies += count
        pass.bytes += bytes
        pass.progress.bodies += count
        pass.progress.bytes += bytes
    }

    /// Renews the lease after a quarter of its time, to save writes.
    private func renewLease(_ pass: inout Pass) async throws(StoreError) -> Bool {
        let now = runtime.now()
        guard now.seconds(since: pass.heldAt) > Self.leaseSeconds / 4 else { return true }
        let until = now.adding(seconds: Self.leaseSeconds)
        guard let renewed = try await store.replace(pass.run.held(by: name, until: until, now: now))
        else {
            return false
        }
        (pass.run, pass.heldAt) = (renewed, now)
        return true
    }
}
