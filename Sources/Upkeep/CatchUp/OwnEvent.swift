import Billing
import FoundationEssentials
import Storage

/// Events that we make ourselves, to be found in the log beside Stripe's; they say nothing about a payment.
enum OwnEvent {
    static let completionType = "reconciliation.completed"

    /// The event that tells how a reconciliation came out.
    static func completionID(ofRun run: String) -> String { idPrefix + run }

    /// The run that such an event tells of; `nil` for an event that is not ours.
    static func runID(ofCompletion id: String) -> String? {
        id.hasPrefix(idPrefix) ? String(id.dropFirst(idPrefix.count)) : nil
    }

    private static let idPrefix = "evt_ours_"

    /// What a reconciliation came to.
    ///
    /// - Returns: JSON; the same id for the same run, so that telling it again after a kill changes nothing.
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
        // Texts, numbers and lists of them, which cannot fail to encode.
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
