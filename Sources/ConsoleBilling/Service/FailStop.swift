import ServiceLifecycle
import Storage
import Synchronization

/// Ends the process when the store can no longer guarantee durability, so that a supervisor restarts it.
final class FailStop: ServiceLifecycle.Service {
    private let trips: AsyncStream<StoreError>
    private let continuation: AsyncStream<StoreError>.Continuation
    private let first = Mutex<StoreError?>(nil)

    init() { (trips, continuation) = AsyncStream.makeStream() }

    var cause: StoreError? { first.withLock { $0 } }

    func trip(_ error: StoreError) {
        first.withLock { $0 = $0 ?? error }
        continuation.yield(error)
    }

    func run() async throws {
        for await error in trips.cancelOnGracefulShutdown() { throw error }
    }
}
