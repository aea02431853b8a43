import Billing
import PrometheusMetrics
import Storage

/// The alerts that the receiver does not have yet.
struct AlertMetrics: MetricSource {
    /// `nil` when no alert receiver is configured; alerts queued under an earlier configuration are not
    /// reported.
    let runs: (any JobStore)?
    let clock: @Sendable () -> Instant

    func families() async throws -> [MetricFamily] {
        let journal = try await runs?.job(id: Job.Kind.alerts.rawValue)?.alertJournal
        // Computed at each scrape, because the age grows while the receiver is unavailable.
        let age = journal.map { $0.oldestAt.map { max(0, clock().seconds(since: $0)) } ?? 0 }
        return [
            MetricFamily(
                .gauge,
                "console_billing_alerts_pending",
                "Alerts waiting to be sent.",
                journal.map { [.init(Double($0.pending.count))] } ?? []
            ),
            MetricFamily(
                .gauge,
                "console_billing_alerts_oldest_pending_age_seconds",
                "How long the oldest waiting alert has waited.",
                age.map { [.init(Double($0))] } ?? []
            ),
        ]
    }
}
