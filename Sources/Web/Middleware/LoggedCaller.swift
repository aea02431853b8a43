import Synchronization

/// The kind of a request's caller, for the line that is logged at its end: `key NAME`, `customer session`, `bearer
/// token`, `link` or `none`.
///
/// It is never a customer's or a user's id, nor any text of the request.
final class LoggedCaller: Sendable, CustomStringConvertible {
    private let kind = Mutex("none")

    func set(_ kind: String) { self.kind.withLock { $0 = kind } }

    var description: String { kind.withLock { $0 } }
}
