import Billing
import Synchronization

/// The ids of erased customers and of what is theirs, as the recording of events looks them up.
package final class ErasedMarks: Sendable {
    private struct State {
        /// By account, then by id, the customer.
        var customers: [String: [String: String]] = [:]
        var revision: Int64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Up to which mark of the store these are known.
    package var revision: Int64 { state.withLock { $0.revision } }

    package func add(_ ids: some Sequence<String>, of customer: String, account: String, revision: Int64) {
        state.withLock { state in
            for id in ids { state.customers[account, default: [:]][id] = customer }
            state.revision = max(state.revision, revision)
        }
    }

    /// A customer's own, and what is theirs.
    package func ids(of key: CustomerKey) -> Set<String> {
        state.withLock { state in
            Set((state.customers[key.account ?? ""] ?? [:]).filter { $0.value == key.customer }.keys)
        }
    }

    package func marked(among ids: Set<String>, account: String?) -> Set<String> {
        state.withLock { state in
            guard let customers = state.customers[account ?? ""] else { return [] }
            return ids.filter { customers[$0] != nil }
        }
    }

    /// An event as it is to be recorded.
    ///
    /// - Returns: `nil` for one that is of nobody who was erased; else the event without personal data, whose it is,
    ///   and what else is theirs by that.
    package func applied(
        to prepared: PreparedEvent,
        projection: ProjectionPolicy
    ) -> (event: PreparedEvent, key: CustomerKey, ids: Set<String>)? {
        guard prepared.removal == nil else { return nil }
        let account = prepared.event.account ?? ""
        let customers = state.withLock { $0.customers[account] }
        guard let customers, !customers.isEmpty else { return nil }
        let mention = EventMention(prepared.event, payload: prepared.payload)
        guard let owner = mention.owner(in: customers) else { return nil }
        return (
            prepared.erased(projection: projection), CustomerKey(owner, account: prepared.event.account),
            mention.belongings.union(prepared.event.shown.map(\.object.reference.id)).union([owner])
        )
    }
}
