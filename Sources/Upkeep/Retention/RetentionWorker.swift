package import Billing
package import Logging
import ServiceLifecycle
package import Storage

/// How long bodies are kept, and where they go then.
package struct RetentionRules: Sendable, Equatable {
    /// Stripe sends an event again for three days, shows it for thirty, and lets it be sent by hand as long.
    package static let minimumDays: Int64 = 31

    package let days: Int64
    /// `nil`: they go nowhere.
    package let archive: EventArchive?

    package init(days: Int64, archive: EventArchive?) {
        self.days = days
        self.archive = archive
    }

    package func cutoff(at now: Instant) -> Instant { now.adding(seconds: -days * 86_400) }
}

/// Lets go of the bodies of events that are older than they are to be kept, after the archive has them where there is
/// one.
///
/// It goes a few bodies at a time, and rests longer between two batches than one took, so that deliveries hardly
/// notice. Of several replicas one is at it.
package struct RetentionWorker: Service {
    private let store: any BodyRetention & UpkeepRuns
    private let rules: RetentionRules
    private let means: UpkeepWorker.Means
    private let instruments: RetentionInstruments
    private let logger: Logger
    private let name: String

    private static let pause = Duration.seconds(30)
    /// From the end of one pass to the next.
    private static let intervalSeconds: Int64 = 3600
    /// Replicas that were started together do not all ask in the same second.
    private static let jitterSeconds = 600.0
    private static let leaseSeconds: Int64 = 300
    private static let batchSize = 50
    private static let batchBytes = 2 << 20
    private static let restRatio = 4

    /// - Parameters:
    ///   - store: Whose bodies they are.
    ///   - rules: How long they are kept.
    ///   - means: Time, waiting and chance.
    ///   - name: Of this worker alone.
    ///   - instruments: Counts what it let go of.
    ///   - logger: Where to it tells what it does.
    package init(
        store: any BodyRetention & UpkeepRuns,
        rules: RetentionRules,
        means: UpkeepWorker.Means,
        name: String = RunID.make(prefix: "worker_"),
        instruments: RetentionInstruments = RetentionInstruments(),
        logger: Logger
    ) {
        self.store = store
        self.rules = rules
        self.means = means
        self.name = name
        self.instruments = instruments
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let interval = Self.intervalSeconds + Int64(Self.jitterSeconds * means.random())
            while !Task.isCancelled {
                do throws(StoreError) {
                    _ = try await store.beginRetention(after: interval, now: means.now())
                    try await workOnce()
                } catch {
                    logger.error("retention", metadata: ["error": "\(error)"])
                }
                try? await means.sleep(Self.pause)
            }
        }
    }

    /// Takes up the pass that waits, if one does, and brings it to its end.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``StoreError``; the pass goes on later from where it is.
    @discardableResult
    package func workOnce() async throws(StoreError) -> Bool {
        let taken = try await store.takeUp(
            .retention,
            as: name,
            now: means.now(),
            seconds: Self.leaseSeconds
        )
        guard let run = taken else { return false }
        var pass = Pass(
            run: run,
            progress: run.retentionProgress ?? RetentionProgress(),
            heldAt: means.now()
        )
        let end: UpkeepRun
        do {
            guard try await perform(&pass) else { return true }
            end = pass.run.left(.completed, now: means.now())
        } catch let fault as EventArchive.Fault {
            // Nothing is let go of that the archive has not got.
            logger.warning("bodies not archived, so all are kept", metadata: ["reason": "\(fault)"])
            end = pass.run.left(.failed, reason: "\(fault)", now: means.now())
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.other, while: "letting go of old bodies")
        }
        _ = try await store.replace(end)
        if pass.bodies > 0 {
            logger.notice(
                "bodies let go of",
                metadata: ["bodies": "\(pass.bodies)", "bytes": "\(pass.bytes)", "days": "\(rules.days)"]
            )
        }
        return true
    }

    private struct Pass {
        var run: UpkeepRun
        var progress: RetentionProgress
        var heldAt: Instant
        var position: BodyPosition?
        var bodies = 0
        var bytes = 0
    }

    /// - Returns: Whether it came to its end; not when another took it over, or when the service stops.
    private func perform(_ pass: inout Pass) async throws -> Bool {
        let cutoff = rules.cutoff(at: means.now())
        while true {
            let aged = try await store.agedBodies(
                receivedBefore: cutoff,
                after: pass.position,
                limit: Self.batchSize,
                maxBytes: Self.batchBytes
            )
            guard let last = aged.last else { return true }
            let began = means.uptime()
            try await letGo(of: aged, &pass)
            pass.position = last.position
            pass.run.keep(pass.progress)
            guard try await stillOurs(&pass) else { return false }
            let rest = max(.milliseconds(20), began.duration(to: means.uptime()) * Self.restRatio)
            guard (try? await means.sleep(rest)) != nil, !Task.isCancelled else {
                _ = try await store.replace(pass.run.left(.running, now: means.now()))
                return false
            }
        }
    }

    private func letGo(of aged: [AgedBody], _ pass: inout Pass) async throws {
        let removable = aged.compactMap { body in
            RemovableBody(
                body,
                archive: rules.archive.map { _ in
                    EventArchive.fileName(of: CivilDate(body.event.entry.receivedAt))
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
        let removed = try await store.remove(removable, at: means.now())
        if let archive = rules.archive, !removed.erased.isEmpty {
            // Erased between our reading and our writing: whoever erased them saw no line of theirs.
            _ = try archive.files(erasing: true) { removed.erased.contains($0.key) }
        }
        let (count, bytes) = (removable.count - removed.erased.count, removed.bytes)
        instruments.removed(count, bytes: bytes)
        pass.bodies += count
        pass.bytes += bytes
        pass.progress.bodies += count
        pass.progress.bytes += bytes
    }

    /// Renews the lease before it runs out, seldom enough not to double the writes.
    private func stillOurs(_ pass: inout Pass) async throws(StoreError) -> Bool {
        let now = means.now()
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
