import Billing
import Foundation
import Scenarios

/// The rows that the events of a story make, derived from the set of them.
func rows(of events: [FixtureEvent]) throws -> [Transaction] {
    var known: [ObjectReference: ObjectRecord] = [:]
    for event in events {
        let decoded = try Event(parsing: event.body)
        for record in decoded.records(receivedAt: event.created) {
            known[record.reference] = known[record.reference]?.merging(record) ?? record
        }
    }
    return PaymentGroup(Array(known.values), account: nil).transactions
}
