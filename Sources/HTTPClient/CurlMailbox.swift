import CCurl
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A request for the loop, with the continuation that receives the result.
struct CurlOrder: Sendable {
    let ticket: CurlTicket
    let request: TransportRequest
    let origin: String
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Result<TransportResponse, TransportError>, Never>
}

/// Identifies one request, so that its task can cancel it.
///
/// The flag is here as well as in the mailbox because a task may be cancelled before its order is posted.
final class CurlTicket: Sendable {
    let isCancelled = Atomic(false)
}

/// The state shared between callers and the loop's thread, under one lock.
final class CurlMailbox: Sendable {
    /// The contents of the mailbox, taken by the loop.
    struct Post {
        let orders: [CurlOrder]
        let cancelled: [CurlTicket]
        /// Set when the transport is closing: the time at which remaining requests fail.
        let closesAt: ContinuousClock.Instant?
    }

    private struct State {
        /// For `curl_multi_wakeup`, the only call on it that any thread may make; nil after the loop has
        /// ended.
        var multi: UnsafeMutableRawPointer?
        var thread: LoopThread?
        var orders: [CurlOrder] = []
        var cancelled: [CurlTicket] = []
        var outstanding = 0
        var closesAt: ContinuousClock.Instant?
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []

        func wake() {
            // This fails only when the pipe is full, and then the loop is about to wake anyway.
            if let multi { _ = curl_multi_wakeup(multi) }
        }
    }

    private let maxOutstanding: Int
    private let state: Mutex<State>

    init(maxOutstanding: Int) throws(TransportError) {
        guard let multi = curl_multi_init() else { throw .other(code: Int(CURLE_OUT_OF_MEMORY.rawValue)) }
        // Without a working wake-up every request would wait for the poll's timeout: refuse to start.
        guard curl_multi_wakeup(multi) == CURLM_OK else {
            curl_multi_cleanup(multi)
            throw .other(code: Int(CURLE_FAILED_INIT.rawValue))
        }
        self.maxOutstanding = maxOutstanding
        state = Mutex(State(multi: multi))
    }

    /// Starts the thread that owns the multi handle from here on.
    func openLoop(_ configuration: CurlTransport.Configuration) throws(TransportError) {
        let started = state.withLock { state in
            state.thread = LoopThread.start { [self] in
                guard let multi = self.state.withLock({ $0.multi.map(UInt.init(bitPattern:)) }),
                    let pointer = UnsafeMutableRawPointer(bitPattern: multi)
                else { return }
                CurlLoop(multi: pointer, mailbox: self, configuration: configuration).run()
                self.end()
            }
            if state.thread == nil, let multi = state.multi {
                curl_multi_cleanup(multi)
                state.multi = nil
            }
            return state.thread != nil
        }
        guard started else { throw .other(code: Int(CURLE_FAILED_INIT.rawValue)) }
    }

    // MARK: For callers

    /// Passes an order to the loop.
    ///
    /// If this returns an error, the continuation stays with the caller.
    func post(_ order: CurlOrder) -> TransportError? {
        state.withLock { state in
            guard state.closesAt == nil else { return .shuttingDown }
            guard state.outstanding < maxOutstanding else { return .queueFull }
            state.outstanding += 1
            state.orders.append(order)
            state.wake()
            return nil
        }
    }

    func cancel(_ ticket: CurlTicket) {
        // The flag first: the loop either sees it when it takes the order, or finds the ticket afterwards.
        ticket.isCancelled.store(true, ordering: .sequentiallyConsistent)
        state.withLock { state in
            guard state.multi != nil else { return }
            state.cancelled.append(ticket)
            state.wake()
        }
    }

    /// Refuses new orders, and fails the remaining ones at `moment`; an earlier moment set before stays.
    func close(at moment: ContinuousClock.Instant) {
        state.withLock { state in
            state.closesAt = min(state.closesAt ?? moment, moment)
            state.wake()
        }
    }

    func loopEnded() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if state.multi != nil { state.waitingForEnd.append(continuation) }
                return state.multi == nil
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// Joins the thread; must be called after ``loopEnded()``.
    func joinThread() { takeThread()?.join() }

    func detachThread() { takeThread()?.detach() }

    private func takeThread() -> LoopThread? {
        state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
    }

    // MARK: For the loop

    func take() -> Post {
        state.withLock { state in
            defer {
                state.orders.removeAll(keepingCapacity: true)
                state.cancelled.removeAll(keepingCapacity: true)
            }
            return Post(orders: state.orders, cancelled: state.cancelled, closesAt: state.closesAt)
        }
    }

    func settle(_ order: CurlOrder, _ result: Result<TransportResponse, TransportError>) {
        // Decrement before resuming: the caller may send its next request at once, and the queue must accept
        // it.
        state.withLock { $0.outstanding -= 1 }
        order.continuation.resume(returning: result)
    }

    private func end() {
        let (multi, waiting) = state.withLock { state in
            defer {
                state.multi = nil
                state.waitingForEnd = []
            }
            return (state.multi.map(UInt.init(bitPattern:)), state.waitingForEnd)
        }
        // No other thread has the handle any more, so none can wake it during the cleanup.
        if let multi { curl_multi_cleanup(UnsafeMutableRawPointer(bitPattern: multi)) }
        for continuation in waiting { continuation.resume() }
    }
}

/// A POSIX thread, because the loop blocks in poll and must not hold one of Swift's few cooperative threads.
struct LoopThread: Sendable {
    private let id: pthread_t

    static func start(_ body: @escaping @Sendable () -> Void) -> LoopThread? {
        let box = Unmanaged.passRetained(Body(run: body))
        #if canImport(Darwin)
        var id: pthread_t?
        let failure = pthread_create(&id, nil, { Self.main($0) }, box.toOpaque())
        #else
        var id = pthread_t()
        let failure = pthread_create(&id, nil, { Self.main($0) }, box.toOpaque())
        #endif
        guard failure == 0 else {
            box.release()
            return nil
        }
        #if canImport(Darwin)
        return id.map { LoopThread(id: $0) }
        #else
        return LoopThread(id: id)
        #endif
    }

    func join() { pthread_join(id, nil) }
    func detach() { pthread_detach(id) }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static func main(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        // With CURLOPT_NOSIGNAL libcurl does not handle SIGPIPE, which OpenSSL's writes can raise. Block
        // every signal: other threads handle the rest.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
    }
}
