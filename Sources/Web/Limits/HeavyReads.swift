import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Limits how many expensive reads run at once: some more wait in a queue, and the rest are refused.
///
/// These reads run on their own threads, so that they do not block the cooperative pool's threads, which
/// acknowledge deliveries.
final class HeavyReads: Sendable {
    enum Refusal: Error { case tooManyOfCaller, tooMany }

    struct Limits: Sendable {
        /// All processors but one, which is left for cheaper requests.
        var atOnce = max(1, System.coreCount - 1)
        var waiting = 64
        /// The maximum of running and waiting reads of one caller that is not an API key.
        ///
        /// A page makes one such read at a time, and it takes more than ten sessions to fill the queue.
        var ofCaller = 6
    }

    private struct State {
        var running = 0
        var waiting: [CheckedContinuation<Refusal?, Never>] = []
        var callers: [LimitedCaller: Int] = [:]
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Waits for a turn; ``leave(_:)`` must be called after it.
    func enter(_ caller: LimitedCaller) async throws(Refusal) {
        let refusal = await withCheckedContinuation { (continuation: CheckedContinuation<Refusal?, Never>) in
            let answer = state.withLock { state -> Refusal?? in
                let own = state.callers[caller, default: 0]
                guard caller.isKey || own < limits.ofCaller else { return .some(.tooManyOfCaller) }
                let isFree = state.running < limits.atOnce
                guard isFree || state.waiting.count < limits.waiting else { return .some(.tooMany) }
                state.callers[caller] = own + 1
                if isFree { state.running += 1 } else { state.waiting.append(continuation) }
                return isFree ? .some(nil) : nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        if let refusal { throw refusal }
    }

    func leave(_ caller: LimitedCaller) {
        let next = state.withLock { state -> CheckedContinuation<Refusal?, Never>? in
            let left = state.callers[caller, default: 1] - 1
            state.callers[caller] = left > 0 ? left : nil
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.running -= 1
            return nil
        }
        next?.resume(returning: nil)
    }

    /// The numbers of running and of waiting reads.
    var count: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    /// The threads that run these reads.
    static let threads = Threads()

    /// Threads with a low priority, so that a processor that both need goes to deliveries first.
    ///
    /// On Linux each thread has a nice value of its own:
    /// <https://man7.org/linux/man-pages/man2/setpriority.2.html>
    final class Threads: TaskExecutor {
        private static let niceness: Int32 = 10
        private let pool = NIOThreadPool(numberOfThreads: max(2, System.coreCount))

        fileprivate init() { pool.start() }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            pool.submit { _ in
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
                job.runSynchronously(on: self.asUnownedTaskExecutor())
            }
        }
    }
}
