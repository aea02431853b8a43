import Billing
import Synchronization

/// The ids of erased customers and of their objects, in memory for the recording of events.
package final class ErasureTombstones: Sendable {
    private struct State {
        /// The customer, by account and then by id.
        var customers: [String: [String: String]] = [:]
        var revision: Int64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// The number of the newest mark of the store that is loaded here.
    package var revision: Int64 { state.withLock { $0.revision } }

    package func add(_ ids: some Sequence<String>, of customer: String, account: String, revision: Int64) {
        state.withLock { state in
            for id in ids { state.customers[account, default: [:]][id] = customer }
            state.revision = max(state.revision, revision)
        }
    }

    /// The customer's id, and the ids of the customer's objects.
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

    /// The event in the form in which it must be recorded: without personal data if it is about an erased
    /// customer.
    package func applied(to event: IncomingEvent) -> IncomingEvent {
        let account = event.event.account
        let customers = state.withLock { $0.customers[account ?? ""] }
        guard let customers, !customers.isEmpty else { return event }
        let references = CustomerReferences(event.event, payload: event.payload)
        guard let owner = references.owner(in: customers) else { return event }
        let shown = event.event.shown.map(\.object.reference.id)
        return event.erased(
            of: (CustomerKey(owner, account: account), references.ownedIDs.union(shown).union([owner]))
        )
    }
}
