import Billing
import PrometheusMetrics
import Storage

/// How far usage is behind the chain, and whether the last pass of the sync failed.
struct UsageSyncMetrics: MetricSource {
    let runs: any JobStore
    let clock: @Sendable () -> Instant

    func families() async throws -> [MetricFamily] {
        let run = try await runs.job(id: Job.Kind.usageSync.rawValue)
        // Computed at each scrape, because the lag grows while the source is unavailable.
        let lag = run?.syncProgress?.lagSeconds(now: clock()).map { MetricFamily.Sample(Double($0)) }
        return [
            MetricFamily(
                .gauge,
                "console_billing_usage_lag_seconds",
                "Age of the newest indexed block of the chain.",
                lag.map { [$0] } ?? []
            ),
            MetricFamily(
                .gauge,
                "console_billing_usage_sync_failed",
                "Whether the last usage sync failed.",
                run.map { [.init($0.state == .failed ? 1 : 0)] } ?? []
            ),
            MetricFamily(
                .gauge,
                "console_billing_usage_sync_updated_timestamp_seconds",
                "When the usage sync last made progress, as Unix time.",
                run.map { [.init(Double($0.updatedAt.unixSeconds))] } ?? []
            ),
        ]
    }
}
