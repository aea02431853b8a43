import Billing
import JSON
import Storage

/// The number of events in the log: in the last hour, in the last day, and in total.
struct EventSummaryResponse: JSONObject {
    let generatedAt: Instant
    /// The last event from any source, and the last that Stripe posted.
    let lastReceivedAt: Instant?
    let lastWebhookAt: Instant?
    let hour: [EventTally]
    let day: [EventTally]
    let total: [EventTally]

    func write(to json: inout JSONWriter) {
        json.object("day") { Self.write(&$0, day) }
        json.member("generated_at", generatedAt)
        json.object("hour") { Self.write(&$0, hour) }
        json.member("last_received_at", lastReceivedAt)
        json.member("last_webhook_at", lastWebhookAt)
        json.member("object", "event_summary")
        json.object("total") { Self.write(&$0, total) }
    }

    /// Every outcome and source is included, even with 0 events.
    private static func write(_ json: inout JSONWriter, _ tallies: [EventTally]) {
        json.member("by_outcome", sums(tallies, \.disposition))
        json.member("by_source", sums(tallies, \.source))
        json.member("events", tallies.reduce(0) { $0 + $1.events })
    }

    private static func sums<Name: CaseIterable & RawRepresentable<String> & Equatable>(
        _ tallies: [EventTally],
        _ name: (EventTally) -> Name
    ) -> [String: Int] {
        Dictionary(
            uniqueKeysWithValues: Name.allCases.map { wanted in
                (wanted.rawValue, tallies.filter { name($0) == wanted }.reduce(0) { $0 + $1.events })
            }
        )
    }
}
