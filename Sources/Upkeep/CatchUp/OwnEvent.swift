import Billing
import FoundationEssentials
import Storage

/// Events that this service records itself beside Stripe's; they do not change a payment.
enum OwnEvent {
    static let completionType = "reconciliation.completed"

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
        run: UpkeepRun,
        comparison: Comparison,
        request: UpkeepRequest,
        livemode: Bool,
        now: Instant
    ) -> [UInt8] {
        let envelope = Envelope(
            id: completionID(ofRun: run.id),
            type: completionType,
            created: now,
            livemode: livemode,
            account: request.wish.account,
            data: .init(
                object: .init(
                    id: run.id,
                    since: request.from,
                    until: request.through,
                    rows: comparison.rows,
                    drift_total: comparison.driftCount,
                    mended: comparison.mended,
                    remaining: comparison.remaining,
                    drift: Array(comparison.drift.prefix(100))
                )
            )
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // The values are strings, numbers and lists, so encoding cannot fail.
        return (try? encoder.encode(envelope)).map { Array($0) } ?? []
    }

    private struct Envelope: Encodable {
        struct Payload: Encodable { let object: Result }

        struct Result: Encodable {
            let object = "reconciliation"
            let id: String
            let since: Instant
            let until: Instant?
            let rows: Int
            let drift_total: Int
            let mended: Int
            let remaining: Int
            let drift: [Drift]
        }

        let object = "event"
        let id: String
        let type: String
        let created: Instant
        let livemode: Bool
        let account: String?
        let data: Payload
    }
}
