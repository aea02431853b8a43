import Billing
import PrometheusMetrics
import Storage

/// The time of the last event.
struct EventMetrics: MetricSource {
    let log: any EventLog

    func families() async throws -> [MetricFamily] {
        let newest = try await log.entries(EventQuery(limit: 1))?.elements.first
        return [
            MetricFamily(
                .gauge,
                "console_billing_last_event_timestamp_seconds",
                "When the last event was recorded, as Unix time.",
                newest.map { Double($0.receivedAt.unixSeconds) }
            )
        ]
    }
}
