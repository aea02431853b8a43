import Billing
import PrometheusMetrics
import Storage

/// What operators' receiver does not have yet.
struct AlertMetrics: MetricSource {
    /// Where they are kept; `nil` where nobody is told any: what was left when there was somebody waits for nobody.
    let runs: (any UpkeepRuns)?
    let clock: @Sendable () -> Instant

    func families() async throws -> [MetricFamily] {
        let journal = try await runs?.latestRun(.alerts)?.alertJournal
        // Measured when it is asked for: it grows while the receiver is away.
        let age = journal.map { $0.oldestAt.map { max(0, clock().seconds(since: $0)) } ?? 0 }
        return [
            MetricFamily(
                .gauge,
                "console_billing_alerts_pending",
                "Alerts that the receiver does not have yet.",
                journal.map { [.init(Double($0.pending.count))] } ?? []
            ),
            MetricFamily(
                .gauge,
                "console_billing_alerts_oldest_pending_age_seconds",
                "How long the oldest of them has been waiting.",
                age.map { [.init(Double($0))] } ?? []
            ),
        ]
    }
}
