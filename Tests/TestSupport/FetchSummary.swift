package import Billing
package import Storage

/// How many fetches wait, how many failed, and when the first is due.
package struct FetchSummary: Sendable, Equatable {
    package let pending: Int
    package let gaveUp: Int
    package let oldestDueAt: Instant?

    package init(pending: Int, gaveUp: Int, oldestDueAt: Instant?) {
        self.pending = pending
        self.gaveUp = gaveUp
        self.oldestDueAt = oldestDueAt
    }
}

extension JobStore {
    package func fetches() async throws(StoreError) -> FetchSummary {
        let summary = try await summary().filter { $0.kind == .fetch }
        return FetchSummary(
            pending: summary.filter { $0.dueAt != nil }.map(\.count).reduce(0, +),
            gaveUp: summary.first { $0.state == .failed }?.count ?? 0,
            oldestDueAt: summary.compactMap(\.dueAt).min()
        )
    }
}
