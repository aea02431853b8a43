import NIOCore
import Synchronization

/// Brings work to an event loop from another thread, with one wake-up for all the work that waits.
///
/// The writer answers a batch one event after the other; the answers for connections of one event loop are then
/// written together.
final class LoopMailbox: Sendable {
    private let eventLoop: any EventLoop
    private let waiting = Mutex<[@Sendable () -> Void]>([])

    init(of eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Adds work; each is done once, in the order of adding, and never before this function returns.
    func add(_ work: @escaping @Sendable () -> Void) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(work)
            return waiting.count == 1
        }
        if isFirst { eventLoop.execute { self.empty() } }
    }

    private func empty() {
        let work = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for work in work { work() }
    }
}

/// The mailbox of each event loop.
final class LoopMailboxes: Sendable {
    private let mailboxes = Mutex<[ObjectIdentifier: LoopMailbox]>([:])

    func mailbox(of eventLoop: any EventLoop) -> LoopMailbox {
        mailboxes.withLock { mailboxes in
            let id = ObjectIdentifier(eventLoop)
            let mailbox = mailboxes[id] ?? LoopMailbox(of: eventLoop)
            mailboxes[id] = mailbox
            return mailbox
        }
    }
}
