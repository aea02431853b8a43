import CCurl

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The loop of the transport's thread; all methods run on this thread.
final class CurlLoop {
    private let multi: UnsafeMutableRawPointer
    private let mailbox: CurlMailbox
    private let configuration: CurlTransport.Configuration
    private var queue: AdmissionQueue<CurlOrder>
    private var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]
    /// Easy handles for reuse: they keep TLS sessions, which a new handle would have to negotiate again.
    private var spareHandles: [UnsafeMutableRawPointer] = []

    init(multi: UnsafeMutableRawPointer, mailbox: CurlMailbox, configuration: CurlTransport.Configuration) {
        self.multi = multi
        self.mailbox = mailbox
        self.configuration = configuration
        queue = AdmissionQueue(
            maxRunning: configuration.maxConcurrent,
            maxRunningPerOrigin: configuration.maxConcurrentPerHost
        )
    }

    /// Runs until the mailbox closes and nothing is outstanding.
    func run() {
        _ = ccurl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, configuration.maxConcurrent)
        var isOpen = true
        while isOpen {
            let post = mailbox.take()
            accept(post)
            dropExpired(now: .now)
            start()
            perform()
            if let closesAt = post.closesAt {
                if closesAt <= .now { failEverything(.shuttingDown) }
                isOpen = !(transfers.isEmpty && queue.waiting.isEmpty)
            }
            if isOpen { poll(closesAt: post.closesAt) }
        }
        spareHandles.forEach(curl_easy_cleanup)
    }

    private func accept(_ post: CurlMailbox.Post) {
        for order in post.orders {
            if order.ticket.isCancelled.load(ordering: .sequentiallyConsistent) {
                mailbox.settle(order, .failure(.cancelled))
            } else {
                queue.append(order, origin: order.origin)
            }
        }
        for ticket in post.cancelled {
            for order in queue.removeWaiting(where: { $0.ticket === ticket }) {
                mailbox.settle(order, .failure(.cancelled))
            }
            if let handle = transfers.first(where: { $0.value.order.ticket === ticket })?.key {
                finish(handle, .failure(.cancelled))
            }
        }
    }

    private func dropExpired(now: ContinuousClock.Instant) {
        for order in queue.removeWaiting(where: { $0.deadline <= now }) {
            mailbox.settle(order, .failure(.timedOut))
        }
    }

    private func start() {
        while let order = queue.next() {
            guard let handle = spareHandles.popLast() ?? curl_easy_init() else {
                queue.finished(origin: order.origin)
                mailbox.settle(order, .failure(.other(code: Int(CURLE_OUT_OF_MEMORY.rawValue))))
                continue
            }
            let transfer = CurlTransfer(order: order, handle: handle)
            transfers[handle] = transfer
            do {
                try transfer.prepare(configuration, now: .now)
            } catch {
                finish(handle, .failure(error))
                continue
            }
            let added = curl_multi_add_handle(multi, handle)
            guard added == CURLM_OK else {
                finish(handle, .failure(.other(code: Int(CURLE_FAILED_INIT.rawValue))))
                continue
            }
        }
    }

    /// Advances all transfers, and starts waiting ones as others end.
    private func perform() {
        var isWorthAnotherRound = true
        while isWorthAnotherRound {
            var running: Int32 = 0
            _ = curl_multi_perform(multi, &running)
            isWorthAnotherRound = false
            var left: Int32 = 0
            while let message = curl_multi_info_read(multi, &left)?.pointee {
                guard message.msg == CURLMSG_DONE, let handle = message.easy_handle,
                    let transfer = transfers[handle]
                else { continue }
                finish(handle, transfer.outcome(message.data.result))
                isWorthAnotherRound = true
            }
            if isWorthAnotherRound { start() }
        }
    }

    private func poll(closesAt: ContinuousClock.Instant?) {
        let now = ContinuousClock.now
        let deadlines = queue.waiting.map(\.element.deadline) + (closesAt.map { [$0] } ?? [])
        // Every event wakes the poll; the minute is only an upper limit.
        let patience = deadlines.min().map { $0 - now } ?? .seconds(60)
        let result = curl_multi_poll(
            multi,
            nil,
            0,
            Int32(clamping: patience.wholeMilliseconds(atLeast: 1)),
            nil
        )
        // Out of memory or of descriptors: deadlines still hold, and a short sleep avoids a busy loop.
        if result != CURLM_OK { usleep(50_000) }
    }

    private func finish(
        _ handle: UnsafeMutableRawPointer,
        _ result: Result<TransportResponse, TransportError>
    ) {
        guard let transfer = transfers.removeValue(forKey: handle) else { return }
        _ = curl_multi_remove_handle(multi, handle)
        transfer.dispose()
        // The reset also clears the headers, which contain the secret key.
        curl_easy_reset(handle)
        spareHandles.append(handle)
        queue.finished(origin: transfer.order.origin)
        mailbox.settle(transfer.order, result)
    }

    private func failEverything(_ error: TransportError) {
        for order in queue.removeWaiting(where: { _ in true }) { mailbox.settle(order, .failure(error)) }
        for handle in Array(transfers.keys) { finish(handle, .failure(error)) }
    }
}

extension Duration {
    /// Rounds up, so that a wait does not end just before its deadline.
    func wholeMilliseconds(atLeast least: Int64) -> Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? least : .max / 2 }
        return max(least, whole + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
