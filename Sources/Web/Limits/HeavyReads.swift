import Dispatch
import NIOCore
import Synchronization

/// Lets a few expensive reads run at once and some more wait, in turn, and turns the others away.
///
/// They run on threads of their own, so that those of the cooperative pool are left for acknowledgements.
final class HeavyReads: Sendable {
    enum Refusal: Error { case tooManyOfCaller, tooMany }

    struct Limits: Sendable {
        /// All processors but one; the first stays for whoever waits for less.
        var atOnce = max(1, System.coreCount - 1)
        var waiting = 64
        /// Of one caller that is not a key, running and waiting: a page of ours makes one, and ten sessions have to come
        /// together to fill the queue.
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

    /// Waits for a turn, which ``leave(_:)`` gives back.
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

    /// How many there are now.
    var count: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    /// Where they run.
    static let threads = Threads()

    final class Threads: TaskExecutor {
        private let queue = DispatchQueue(label: "console-billing.heavy-reads", attributes: .concurrent)

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }
}
