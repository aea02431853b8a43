import Storage
import Synchronization

/// What became of the deliveries since the process started.
final class DeliveryCounters: MetricSource {
    private let recorded = Atomic<Int>(0)
    private let duplicate = Atomic<Int>(0)
    private let quarantined = Atomic<Int>(0)
    private let refused = Atomic<Int>(0)

    func count(_ outcome: RecordOutcome) {
        switch outcome {
        case .recorded: recorded.wrappingAdd(1, ordering: .relaxed)
        case .duplicate: duplicate.wrappingAdd(1, ordering: .relaxed)
        case .quarantined: quarantined.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// One that was not let in: not signed, not an event, or too large.
    func countRefused() { refused.wrappingAdd(1, ordering: .relaxed) }

    func families() -> [MetricFamily] {
        let counts = [
            ("recorded", recorded.load(ordering: .relaxed)),
            ("duplicate", duplicate.load(ordering: .relaxed)),
            ("quarantined", quarantined.load(ordering: .relaxed)),
            ("refused", refused.load(ordering: .relaxed)),
        ]
        return [
            MetricFamily(
                .counter,
                "console_billing_deliveries_total",
                "Deliveries of Stripe's, by what became of them.",
                counts.map { .init(Double($1), [("outcome", $0)]) }
            )
        ]
    }
}
