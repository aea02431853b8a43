import JSON
import Storage

/// One runner's hold of one job: stores its progress and renews its lease.
///
/// Not thread-safe: only one task may use it.
package final class JobExecution {
    private(set) var job: Job

    private let store: any JobStore
    private let runtime: JobRunner.Runtime
    let leaseSeconds: Int64

    /// - Parameters:
    ///   - job: The job as the store gave it to the runner.
    ///   - store: Holds the job.
    ///   - leaseSeconds: For how long a renewal holds it.
    ///   - runtime: The clock.
    init(_ job: Job, in store: any JobStore, leaseSeconds: Int64, runtime: JobRunner.Runtime) {
        self.job = job
        self.store = store
        self.leaseSeconds = leaseSeconds
        self.runtime = runtime
    }

    /// How many seconds the lease lasts from now on.
    var secondsLeft: Int64 { job.dueAt?.seconds(since: runtime.now()) ?? 0 }

    /// Changes the progress in memory; it is stored with the next `keep(forSeconds:adding:withdrawing:)` or at the end.
    func update(_ progress: some JSONEncodable) { job.keep(progress) }

    /// Stores the progress and renews the lease.
    ///
    /// - Parameters:
    ///   - seconds: For how long; the usual time by default.
    ///   - added: Jobs to add with it.
    ///   - withdrawn: The ids of jobs to delete with it; the lease is lost if a runner has taken one of them.
    /// - Throws: ``Interruption``.
    func keep(
        forSeconds seconds: Int64? = nil,
        adding added: [Job] = [],
        withdrawing withdrawn: [String] = []
    ) async throws(Interruption) {
        if Task.isCancelled { throw .stopped }
        let now = runtime.now()
        let kept: Job?
        do {
            let end = now.adding(seconds: seconds ?? leaseSeconds)
            kept = try await store.replace(
                job.held(until: end, now: now),
                adding: added,
                withdrawing: withdrawn
            )
        } catch {
            // The databases refuse the writes of a cancelled task.
            throw Task.isCancelled ? .stopped : .store(error)
        }
        guard let kept else { throw .leaseLost }
        job = kept
    }

    /// Stores how the job ended, and gives up the lease.
    ///
    /// - Parameter outcome: How it ended.
    /// - Throws: ``StoreError``; the job can be taken again when its lease ends.
    func end(_ outcome: JobOutcome) async throws(StoreError) {
        let now = runtime.now()
        let next: Job?
        switch outcome {
        case .removed: next = nil
        case .completed(let again): next = job.left(.completed, dueAt: again, now: now)
        case .retry(let due, let reason): next = job.left(.waiting, reason: reason, dueAt: due, now: now)
        case .paused(let reason): next = job.left(.paused, reason: reason, now: now)
        case .failed(let reason, let again):
            next = job.left(.failed, reason: reason, dueAt: again, now: now)
        case .stopped:
            var left = job.left(.waiting, reason: job.reason, dueAt: now, now: now)
            left.attempts -= 1
            next = left
        }
        // A task of its own, because the databases refuse the writes of a cancelled task, and the lease of a
        // process that stops would last until its end.
        let write = Task { [store, job] () -> StoreError? in
            do throws(StoreError) {
                if let next { _ = try await store.replace(next) } else { _ = try await store.remove(job) }
                return nil
            } catch {
                return error
            }
        }
        if let error = await write.value { throw error }
    }
}
