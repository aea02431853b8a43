import Billing
import JSON

/// The number of events in the log, as the service answers it.
struct EventSummary: JSONDecodable {
    struct Counts: JSONDecodable {
        let events: Int
        let byOutcome: [String: Int]
        let bySource: [String: Int]

        init(_ json: JSONValue) throws(JSONFieldError) {
            events = try json.decode("events")
            byOutcome = try json.decode("by_outcome")
            bySource = try json.decode("by_source")
        }
    }

    let lastWebhookAt: Instant?
    let hour: Counts
    let day: Counts
    let total: Counts
    /// The JSON as the service wrote it.
    let json: String

    init(_ json: JSONValue) throws(JSONFieldError) {
        lastWebhookAt = try json.decodeIfPresent("last_webhook_at")
        hour = try json.decode("hour")
        day = try json.decode("day")
        total = try json.decode("total")
        self.json = json.spelling
    }
}
