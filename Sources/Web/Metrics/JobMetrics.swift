import Billing
import PrometheusMetrics
import Storage

/// The objects still to be fetched, and the results of the last backfill and reconciliation.
struct JobMetrics: MetricSource {
    let runs: any JobStore
    let now: @Sendable () -> Instant

    func families() async throws -> [MetricFamily] {
        let backfill = try await runs.latestJob(.backfill)
        let reconciliation = try await runs.latestJob(.reconciliation)
        return try await queue() + [states(of: backfill, .backfill)] + progress(of: backfill)
            + [states(of: reconciliation, .reconciliation)] + comparison(of: reconciliation)
    }

    private func queue() async throws -> [MetricFamily] {
        let fetches = try await runs.summary().filter { $0.kind == .fetch }
        let pending = fetches.filter { $0.dueAt != nil }
        let age = pending.compactMap(\.dueAt).min().map { max(0, now().seconds(since: $0)) } ?? 0
        return [
            MetricFamily(
                .gauge,
                "console_billing_work_items",
                "Objects waiting to be fetched from Stripe, and those that the service gave up.",
                [
                    .init(Double(pending.map(\.count).reduce(0, +)), [("state", "pending")]),
                    .init(Double(fetches.first { $0.state == .failed }?.count ?? 0), [("state", "gave_up")]),
                ]
            ),
            gauge(
                "console_billing_work_oldest_age_seconds",
                "How long the oldest waiting fetch has been due.",
                Double(age)
            ),
        ]
    }

    private func progress(of run: Job?) -> [MetricFamily] {
        [
            gauge(
                "console_billing_backfill_recorded_events",
                "Missing events that the last backfill recorded.",
                run.map { Double(($0.reached ?? JobProgress()).recorded) }
            ),
            gauge(
                "console_billing_backfill_updated_timestamp_seconds",
                "When the last backfill last made progress, as Unix time.",
                run.map { Double($0.updatedAt.unixSeconds) }
            ),
        ]
    }

    private func comparison(of run: Job?) -> [MetricFamily] {
        let comparison = run?.reached?.comparison
        return [
            gauge(
                "console_billing_reconciliation_drift",
                "Differences from Stripe that the last reconciliation found and did not repair.",
                comparison.map { Double($0.remaining) }
            ),
            gauge(
                "console_billing_reconciliation_rows",
                "Rows compared by the last reconciliation.",
                comparison.map { Double($0.rows) }
            ),
            gauge(
                "console_billing_reconciliation_updated_timestamp_seconds",
                "When the last reconciliation last made progress or ended, as Unix time.",
                run.map { Double($0.updatedAt.unixSeconds) }
            ),
        ]
    }

    /// One sample for each state; the current state's value is 1.
    private func states(of run: Job?, _ kind: Job.Kind) -> MetricFamily {
        MetricFamily(
            .gauge,
            "console_billing_\(kind.rawValue)_state",
            "The state of the last \(kind.rawValue).",
            run.map { run in
                Job.State.allCases.map { .init($0 == run.state ? 1 : 0, [("state", $0.rawValue)]) }
            } ?? []
        )
    }

    private func gauge(_ name: String, _ help: String, _ value: Double?) -> MetricFamily {
        MetricFamily(.gauge, name, help, value.map { [.init($0)] } ?? [])
    }
}
