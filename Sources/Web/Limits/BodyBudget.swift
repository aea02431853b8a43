import Synchronization

/// The memory that all request bodies together may take while they arrive (`MAX_BODY_BYTES_IN_FLIGHT`).
///
/// An attacker could fill the memory with bodies that never end. The last quarter is therefore reserved for
/// small bodies, such as Stripe's deliveries. Filling that quarter too takes a thousand connections, which
/// must be opened again after each deadline.
final class BodyBudget: Sendable {
    /// The maximum size of a small body in bytes.
    static let smallSize = 16 << 10

    private let limit: Int
    private let taken = Mutex(0)

    /// A budget that admits no bodies.
    static let none = BodyBudget(limit: 0)

    init(limit: Int) { self.limit = limit }

    /// Reserves memory for another part of a body.
    ///
    /// - Parameters:
    ///   - count: The size of the new part in bytes.
    ///   - held: The bytes already reserved for this body.
    /// - Returns: Whether there was enough memory; if not, nothing is reserved.
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

    /// The bytes reserved now.
    var bytes: Int { taken.withLock { $0 } }
}
