package import Billing
package import Storage

/// The number of events in the log: in the last hour, in the last day, and in total.
package struct EventSummaryResponse: Codable, Sendable {
    /// The events of a period; every outcome and source is included, even with 0 events.
    package struct Counts: Codable, Sendable {
        package let events: Int
        package let by_outcome: [String: Int]
        package let by_source: [String: Int]

        package init(_ tallies: [EventTally]) {
            events = tallies.reduce(0) { $0 + $1.events }
            by_outcome = Self.sums(tallies, \.disposition)
            by_source = Self.sums(tallies, \.source)
        }

        private static func sums<Name: CaseIterable & RawRepresentable & Equatable>(
            _ tallies: [EventTally],
            _ name: (EventTally) -> Name
        ) -> [String: Int] where Name.RawValue == String {
            Dictionary(
                uniqueKeysWithValues: Name.allCases.map { wanted in
                    (wanted.rawValue, tallies.filter { name($0) == wanted }.reduce(0) { $0 + $1.events })
                }
            )
        }
    }

    package private(set) var object = "event_summary"
    package let generated_at: Instant
    /// The time of the last event from any source; absent if there are none.
    package let last_received_at: Instant?
    /// The time of the last event that Stripe posted.
    package let last_webhook_at: Instant?
    package let hour: Counts
    package let day: Counts
    package let total: Counts

    package init(
        generated_at: Instant,
        last_received_at: Instant?,
        last_webhook_at: Instant?,
        hour: Counts,
        day: Counts,
        total: Counts
    ) {
        self.generated_at = generated_at
        self.last_received_at = last_received_at
        self.last_webhook_at = last_webhook_at
        self.hour = hour
        self.day = day
        self.total = total
    }
}
