import Billing
import JSON
import Storage

/// Events that this service records itself beside Stripe's; they do not change a payment.
enum OwnEvent {
    static let completionType = "reconciliation.completed"

    /// Whether this service made the event: of a result of its own, of a credit, or around an object of
    /// Stripe's API.
    static func isOwn(_ entry: EventEntry) -> Bool {
        guard entry.source == .api else { return false }
        return entry.id.hasPrefix(idPrefix) || entry.id.hasPrefix(Credit.eventIDPrefix)
            || entry.type.hasSuffix(".fetched")
    }

    /// The id of the event with a reconciliation's result.
    static func completionID(ofRun run: String) -> String { idPrefix + run }

    /// The run of such an event; `nil` for an event from Stripe.
    static func runID(ofCompletion id: String) -> String? {
        id.hasPrefix(idPrefix) ? String(id.dropFirst(idPrefix.count)) : nil
    }

    private static let idPrefix = "evt_ours_"

    /// The event with the result of a reconciliation.
    ///
    /// - Returns: JSON. Its id follows from the run, so recording it again after a restart changes nothing.
    static func reconciliationCompleted(
        run: Job,
        comparison: Comparison,
        request: JobRequest,
        livemode: Bool,
        now: Instant
    ) -> [UInt8] {
        JSONWriter.object { json in
            json.member("account", request.parameters.account)
            json.member("created", now)
            json.object("data") { json in
                json.object("object") { json in
                    json.member("drift", Array(comparison.drift.prefix(100)))
                    json.member("drift_total", comparison.driftCount)
                    json.member("id", run.id)
                    json.member("object", "reconciliation")
                    json.member("remaining", comparison.remaining)
                    json.member("repaired", comparison.repaired)
                    json.member("rows", comparison.rows)
                    json.member("since", request.from)
                    json.member("until", request.through)
                }
            }
            json.member("id", completionID(ofRun: run.id))
            json.member("livemode", livemode)
            json.member("object", "event")
            json.member("type", completionType)
        }
    }
}
