import Billing
import PrometheusMetrics
import Storage

/// The age of the oldest body that retention may delete, and whether the last retention pass failed.
struct RetentionMetrics: MetricSource {
    let retention: any BodyRetention
    let runs: any UpkeepRuns

    func families() async throws -> [MetricFamily] {
        let oldest = try await retention.oldestBody()
        let run = try await runs.latestRun(.retention)
        return [
            MetricFamily(
                .gauge,
                "console_billing_oldest_body_timestamp_seconds",
                "When the oldest event was received whose body is kept, since 1970.",
                oldest.map { [.init(Double($0.unixSeconds))] } ?? []
            ),
            MetricFamily(
                .gauge,
                "console_billing_retention_failed",
                "Whether the last pass that lets go of old bodies failed, such as for want of the archive's disk.",
                run.map { [.init($0.state == .failed ? 1 : 0)] } ?? []
            ),
        ]
    }
}
