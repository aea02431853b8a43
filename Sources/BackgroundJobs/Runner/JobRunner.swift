package import Billing
package import Logging
import ServiceLifecycle
package import Storage
import Traces

/// Works on the stored jobs: takes those that are due, and stores how each ended.
///
/// The kinds do not wait for one another: each worker has its own lane. A job is worked on by one replica at a
/// time; when that one dies, another takes the job over at the end of the lease.
package struct JobRunner: Service {
    /// Clock, sleep and randomness, injectable for tests.
    package struct Runtime: Sendable {
        package var now: @Sendable () -> Instant
        package var uptime: @Sendable () -> ContinuousClock.Instant
        package var sleep: @Sendable (Duration) async throws -> Void
        package var random: @Sendable () -> Double

        package init(
            now: @escaping @Sendable () -> Instant,
            uptime: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
            sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
            random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
        ) {
            self.now = now
            self.uptime = uptime
            self.sleep = sleep
            self.random = random
        }
    }

    private let lanes: [JobLane]

    /// - Parameters:
    ///   - workers: The workers, each for its own kinds of jobs.
    ///   - store: Holds the jobs.
    ///   - runtime: Clock, sleep and randomness.
    ///   - name: Identifies this runner as the holder of a lease; unique among replicas.
    ///   - logger: Gets a line when a worker or the store fails.
    package init(
        _ workers: [any JobWorker],
        store: any JobStore,
        runtime: Runtime,
        name: String = JobID.make(prefix: "runner_"),
        logger: Logger
    ) {
        lanes = workers.map {
            JobLane(
                worker: $0,
                store: store,
                runtime: runtime,
                name: name,
                logger: logger,
                clock: ClockJumpDetector(now: runtime.now)
            )
        }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for lane in lanes { group.addTask { await lane.run() } }
            }
        }
    }

    /// Takes what is due now in each lane, and works on it as far as possible.
    ///
    /// - Returns: The number of jobs that were taken.
    /// - Throws: ``StoreError`` when the store fails.
    @discardableResult
    package func workOnce() async throws(StoreError) -> Int {
        var count = 0
        for lane in lanes { count += try await lane.workOnce() }
        return count
    }
}

/// The jobs of one worker, one after the other.
private struct JobLane: Sendable {
    let worker: any JobWorker
    let store: any JobStore
    let runtime: JobRunner.Runtime
    let name: String
    let logger: Logger
    let clock: ClockJumpDetector

    func run() async {
        let startedAt = runtime.now()
        var isStarted = false
        while !Task.isCancelled {
            do throws(StoreError) {
                if !isStarted {
                    try await worker.start()
                    isStarted = true
                }
                if try await workOnce() == 0 { try await worker.plan(startedAt: startedAt) }
            } catch {
                // The databases refuse what a cancelled task asks of them.
                if !Task.isCancelled { logger.error("jobs failed", metadata: metadata(error)) }
            }
            try? await runtime.sleep(worker.pause)
        }
    }

    func workOnce() async throws(StoreError) -> Int {
        let start = clock.now
        if let latest = clock.bound(at: start, longestWait: worker.longestWait) {
            for kind in worker.kinds {
                try await store.reschedule(kind, dueAfter: latest, now: start)
            }
        }
        clock.resetBaseline(since: start)
        for kind in worker.kinds {
            let jobs = try await store.take(
                kind,
                as: name,
                now: start,
                seconds: worker.leaseSeconds,
                limit: worker.batchSize
            )
            // Another runner may take a job whose lease has ended.
            for job in jobs where clock.now.seconds(since: start) < worker.leaseSeconds {
                try await TraceScope.withNewTrace { () async throws(StoreError) in try await work(on: job) }
            }
            if !jobs.isEmpty { return jobs.count }
        }
        return 0
    }

    private func work(on job: Job) async throws(StoreError) {
        let execution = JobExecution(job, in: store, leaseSeconds: worker.leaseSeconds, runtime: runtime)
        var outcome = JobOutcome.stopped
        do throws(Interruption) {
            if !Task.isCancelled { outcome = try await worker.perform(execution) }
        } catch {
            switch error {
            case .stopped: break
            case .leaseLost:
                return logger.notice("job left to another runner", metadata: ["job": "\(job.id)"])
            case .store(let error): guard Task.isCancelled else { throw error }
            default: outcome = .failed(reason: "\(error)")
            }
        }
        // A job that fails because the process stops has not failed: the next process goes on with it.
        switch outcome {
        case .completed, .removed: break
        default: if Task.isCancelled { outcome = .stopped }
        }
        try await execution.end(outcome)
    }

    private func metadata(_ error: StoreError) -> Logger.Metadata {
        ["kind": "\(worker.kinds[0].rawValue)", "error": "\(error)"]
    }
}
