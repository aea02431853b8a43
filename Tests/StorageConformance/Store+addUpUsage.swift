import Billing
import Database
package import Storage

extension Store {
    /// Adds up all totals again from leases and calendar.
    ///
    /// - Returns: The number of groups, and how many of them changed.
    package func addUpUsage() async throws -> (groups: Int, changed: Int) {
        guard let store = self as? any SQLStore & Store else {
            return (try await (self as? InMemoryStore)?.usageGroups() ?? 0, 0)
        }
        let before = try await store.allTotals()
        let everyDay = CalendarDate(dayNumber: 0)...CalendarDate(dayNumber: 100_000)
        try await store.transaction("aggregating usage", under: .usage, repeats: false) { session in
            let calendar = try session.rows(UsageQueries.calendar(everyDay)).map(\.date)
            guard let first = calendar.first, let last = calendar.last else { return }
            let owners = try session.rows(Query("SELECT owner FROM usage_owners") { try $0.text("owner") })
            let stale = Dictionary(uniqueKeysWithValues: owners.map { ($0, first...last) })
            try session.runLater(UsageChanges.makingStale(stale))
        }
        while try await store.settleUsage(steps: .max) {}
        let after = try await store.allTotals()
        let changed = Set(before.keys).union(after.keys).count { before[$0] != after[$0] }
        return (after.count, changed)
    }
}

extension SQLStore {
    fileprivate func allTotals() async throws -> [[String]: [UInt8]] {
        let totals = Query("SELECT owner, grouping, date, name, totals FROM usage_totals") { row in
            let date = CalendarDate(dayNumber: try row.int("date"))
            let key = [try row.text("owner"), try row.text("grouping"), date.text, try row.text("name")]
            return (key, try row.bytes("totals"))
        }
        return Dictionary(uniqueKeysWithValues: try await query("reading usage") { try $0.rows(totals) })
    }
}
