import Synchronization

/// The memory that all request bodies may take together while they arrive (`MAX_BODY_BYTES_IN_FLIGHT`).
///
/// Whoever sends bodies and never finishes them can fill it. The last quarter is therefore for small bodies, as
/// deliveries of Stripe's are: to keep those out takes a thousand connections, and anew at each deadline.
final class BodyBudget: Sendable {
    /// What a small body is, in bytes.
    static let smallSize = 16 << 10

    private let limit: Int
    private let taken = Mutex(0)

    /// For no bodies.
    static let none = BodyBudget(limit: 0)

    init(limit: Int) { self.limit = limit }

    /// Takes room for more of a body.
    ///
    /// - Parameters:
    ///   - count: Of what arrived, in bytes.
    ///   - held: What the body has taken already.
    /// - Returns: Whether there was room; if not, nothing was taken.
    func take(_ count: Int, beside held: Int) -> Bool {
        taken.withLock { taken in
            let isAlone = taken == held
            let room = isAlone || count <= Self.smallSize - held ? limit : limit / 4 * 3
            guard count <= room - taken else { return false }
            taken += count
            return true
        }
    }

    func giveBack(_ count: Int) { taken.withLock { $0 -= count } }

    /// What is taken now.
    var bytes: Int { taken.withLock { $0 } }
}
