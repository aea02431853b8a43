import Billing
import PrometheusMetrics
import Storage

/// The age of the oldest body that retention may delete, and whether the last retention pass failed.
struct RetentionMetrics: MetricSource {
    let retention: any BodyRetention
    let runs: any JobStore

    func families() async throws -> [MetricFamily] {
        let oldest = try await retention.oldestBody()
        let run = try await runs.job(id: Job.Kind.retention.rawValue)
        return [
            MetricFamily(
                .gauge,
                "console_billing_oldest_body_timestamp_seconds",
                "When the oldest event that still has its body was received, as Unix time.",
                oldest.map { [.init(Double($0.unixSeconds))] } ?? []
            ),
            MetricFamily(
                .gauge,
                "console_billing_retention_failed",
                "Whether the last purge of old bodies failed, for example because the archive's disk is full.",
                run.map { [.init($0.state == .failed ? 1 : 0)] } ?? []
            ),
        ]
    }
}
