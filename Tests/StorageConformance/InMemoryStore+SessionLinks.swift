package import Billing
package import Storage

extension InMemoryStore {
    package func useSessionLink(
        _ link: String,
        until end: Instant,
        now: Instant
    ) async throws(StoreError) -> Bool {
        try with("using a session link") { state in
            state.usedLinks = state.usedLinks.filter { $0.value > now }
            return state.usedLinks.updateValue(end, forKey: link) == nil
        }
    }
}
