import Logging
import Synchronization

/// The memory that all request bodies together may take while they arrive (`MAX_BODY_BYTES_IN_FLIGHT`).
///
/// An attacker could fill the memory with bodies that never end. One address therefore gets at most half of
/// the budget. The last quarter of the budget, and of that half, is reserved for small bodies, such as Stripe's
/// deliveries. Filling that quarter too takes several addresses and a thousand connections, which must be
/// opened again after each deadline.
final class BodyBudget: Sendable {
    /// The maximum size of a small body in bytes.
    static let smallSize = 16 << 10

    private let limit: Int
    private let taken = Mutex<(all: Int, byAddress: [NetworkAddress: Int])>((0, [:]))

    /// A budget that admits no bodies.
    init(limit: Int) { self.limit = limit }

    /// Reserves memory for another part of a body beside the bytes already held for it; if there is not
    /// enough, nothing is reserved.
    func take(_ count: Int, beside held: Int, from address: NetworkAddress?) -> Bool {
        taken.withLock { taken in
            func fits(_ limit: Int, _ taken: Int) -> Bool {
                let room = count <= Self.smallSize - held ? limit : limit / 4 * 3
                return count <= room - taken
            }
            let own = address.map { taken.byAddress[$0, default: 0] }
            let isAlone = taken.all == held && count <= limit - held
            guard isAlone || fits(limit, taken.all) && own.map({ fits(limit / 2, $0) }) ?? true else {
                return false
            }
            taken.all += count
            if let address { taken.byAddress[address, default: 0] += count }
            return true
        }
    }

    /// Returns what ``take(_:beside:from:)`` reserved for a body.
    func giveBack(_ count: Int, from address: NetworkAddress?) {
        taken.withLock { taken in
            taken.all -= count
            guard let address, let own = taken.byAddress[address] else { return }
            taken.byAddress[address] = own > count ? own - count : nil
        }
    }

    /// The bytes reserved now.
    var bytes: Int { taken.withLock { $0.all } }
}

/// The budget as one request uses it.
struct BodyShare: Sendable {
    let budget: BodyBudget
    let address: NetworkAddress?

    /// No memory at all.
    static let none = BodyShare(budget: BodyBudget(limit: 0), address: nil)

    /// See ``BodyBudget/take(_:beside:from:)``.
    func take(_ count: Int, beside held: Int) -> Bool { budget.take(count, beside: held, from: address) }

    func giveBack(_ count: Int) { budget.giveBack(count, from: address) }

    /// The setting that refused a body, how full that budget is, the body's announced size, and its sender.
    func metadata(announced length: String?) -> Logger.Metadata {
        let size = length.flatMap { Int($0) }
        return [
            "setting": "MAX_BODY_BYTES_IN_FLIGHT", "bytes_in_flight": "\(budget.bytes)",
            "content_length": "\(size.map(String.init) ?? "chunked")",
            "from": "\(address.map(String.init(describing:)) ?? "unknown")",
        ]
    }
}
