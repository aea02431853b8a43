package import Billing
package import JSON
package import Storage

/// The number of events in the log: in the last hour, in the last day, and in total.
package struct EventSummaryResponse: JSONObject, JSONDecodable, Sendable {
    /// The events of a period; every outcome and source is included, even with 0 events.
    package struct Counts: JSONObject, JSONDecodable, Sendable {
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

        package init(_ json: JSONValue) throws(JSONFieldError) {
            events = try json.decode("events")
            by_outcome = try json.decode("by_outcome")
            by_source = try json.decode("by_source")
        }

        package func write(to json: inout JSONWriter) {
            json.member("by_outcome", by_outcome)
            json.member("by_source", by_source)
            json.member("events", events)
        }
    }

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

    package init(_ json: JSONValue) throws(JSONFieldError) {
        generated_at = try json.decode("generated_at")
        last_received_at = try json.decodeIfPresent("last_received_at")
        last_webhook_at = try json.decodeIfPresent("last_webhook_at")
        hour = try json.decode("hour")
        day = try json.decode("day")
        total = try json.decode("total")
    }

    package func write(to json: inout JSONWriter) {
        json.member("day", day)
        json.member("generated_at", generated_at)
        json.member("hour", hour)
        json.member("last_received_at", last_received_at)
        json.member("last_webhook_at", last_webhook_at)
        json.member("object", "event_summary")
        json.member("total", total)
    }
}
