import Billing
import PrometheusMetrics
import Storage

/// How far behind the chain the ledger of usage is, and how the last pass of its sync came out.
struct UsageSyncMetrics: MetricSource {
    let runs: any UpkeepRuns
    let clock: @Sendable () -> Instant

    func families() async throws -> [MetricFamily] {
        let run = try await runs.latestRun(.usageSync)
        // Measured when it is asked for: it grows while the source is away.
        let lag = run?.syncProgress?.lagSeconds(now: clock()).map { MetricFamily.Sample(Double($0)) }
        return [
            MetricFamily(
                .gauge,
                "console_billing_usage_lag_seconds",
                "The age of the newest block that the ledger of usage follows.",
                lag.map { [$0] } ?? []
            ),
            MetricFamily(
                .gauge,
                "console_billing_usage_sync_failed",
                "Whether the last pass of the sync of usage failed.",
                run.map { [.init($0.state == .failed ? 1 : 0)] } ?? []
            ),
            MetricFamily(
                .gauge,
                "console_billing_usage_sync_updated_timestamp_seconds",
                "When the sync of usage came any further.",
                run.map { [.init(Double($0.updatedAt.unixSeconds))] } ?? []
            ),
        ]
    }
}
