package import Billing

/// The feed as the plainest possible reading of the rules gives it: take the set of events, put what they
/// show together, find what is connected, derive.
///
/// No order, no database, nothing kept.
package enum NaiveFeed {
    /// - Parameter payloads: Bodies of events; those that are no events are passed over.
    /// - Returns: The rows, newest first.
    package static func rows(of payloads: [[UInt8]]) -> [Transaction] {
        rows(of: payloads.compactMap { try? Event(parsing: $0) })
    }

    package static func rows(of events: [Event]) -> [Transaction] {
        var seen: Set<[String?]> = []
        let distinct = events.filter { seen.insert([$0.id, $0.apiVersion]).inserted }
        let byAccount = Dictionary(grouping: distinct, by: \.account)
        return byAccount.flatMap { account, events in rows(of: Array(events), account: account) }
            .sorted { ($0.created, $0.id) > ($1.created, $1.id) }
    }

    private static func rows(of events: [Event], account: String?) -> [Transaction] {
        var known: [ObjectReference: ObjectRecord] = [:]
        for record in events.flatMap({ $0.records(receivedAt: Instant(unixSeconds: 0)) })
        where record.reference.kind != .customer {
            known[record.reference] = known[record.reference]?.merging(record) ?? record
        }
        return components(of: known).flatMap { PaymentGroup($0, account: account).transactions }
    }

    private static func components(of known: [ObjectReference: ObjectRecord]) -> [[ObjectRecord]] {
        var neighbours: [ObjectReference: Set<ObjectReference>] = [:]
        for record in known.values {
            for link in record.links {
                neighbours[record.reference, default: []].insert(link)
                neighbours[link, default: []].insert(record.reference)
            }
        }
        var unseen = Set(known.keys)
        var components: [[ObjectRecord]] = []
        while let start = unseen.popFirst() {
            var component = [start]
            var frontier = [start]
            while let next = frontier.popLast() {
                for neighbour in neighbours[next] ?? [] where unseen.remove(neighbour) != nil {
                    component.append(neighbour)
                    frontier.append(neighbour)
                }
            }
            components.append(component.compactMap { known[$0] })
        }
        return components
    }
}
