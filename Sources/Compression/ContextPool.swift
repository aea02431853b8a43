import Synchronization

/// The idle contexts of zstd: a call takes one, because a context serves one thread at a time.
///
/// A new context for each call takes three times as long as the compression itself.
final class ContextPool<Context: Sendable>: Sendable {
    /// More threads at once use contexts that are freed afterwards.
    ///
    /// A context takes 150 KB; after a body of megabytes it takes 1.3 MB for the next hundred bodies.
    private static var mostIdle: Int { 16 }

    private let idle = Mutex<[Context]>([])
    private let make: @Sendable () -> Context

    init(_ make: @escaping @Sendable () -> Context) { self.make = make }

    func withContext<Result>(_ body: (Context) -> Result) -> Result {
        let context = idle.withLock { $0.popLast() } ?? make()
        defer {
            idle.withLock { idle in
                if idle.count < Self.mostIdle { idle.append(context) }
            }
        }
        return body(context)
    }
}
