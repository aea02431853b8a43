import Billing
import Storage

/// What is left to fetch, and how the last runs of upkeep came out.
struct UpkeepMetrics: MetricSource {
    let work: any WorkQueue
    let runs: any UpkeepRuns

    func families() async throws -> [MetricFamily] {
        let summary = try await work.summary()
        var families = [
            MetricFamily(
                .gauge,
                "console_billing_work_items",
                "Objects still to be fetched from Stripe, and those that were given up.",
                [
                    .init(Double(summary.pending), [("state", "pending")]),
                    .init(Double(summary.gaveUp), [("state", "gave_up")]),
                ]
            )
        ]
        if let run = try await runs.latestRun(.backfill) {
            let progress = run.reached ?? UpkeepProgress()
            families += [
                Self.states(of: run),
                MetricFamily(
                    .gauge,
                    "console_billing_backfill_recorded_events",
                    "Events that the last backfill found missing.",
                    [.init(Double(progress.recorded))]
                ),
                MetricFamily(
                    .gauge,
                    "console_billing_backfill_updated_timestamp_seconds",
                    "When the last backfill came any further.",
                    [.init(Double(run.updatedAt.unixSeconds))]
                ),
            ]
        }
        if let run = try await runs.latestRun(.reconciliation) {
            families.append(Self.states(of: run))
            if let comparison = run.reached?.comparison {
                families += [
                    MetricFamily(
                        .gauge,
                        "console_billing_reconciliation_drift",
                        "Differences from Stripe that the last reconciliation found and did not mend.",
                        [.init(Double(comparison.remaining))]
                    ),
                    MetricFamily(
                        .gauge,
                        "console_billing_reconciliation_rows",
                        "Rows that the last reconciliation compared.",
                        [.init(Double(comparison.rows))]
                    ),
                ]
            }
            families.append(
                MetricFamily(
                    .gauge,
                    "console_billing_reconciliation_updated_timestamp_seconds",
                    "When the last reconciliation ended, or came any further.",
                    [.init(Double(run.updatedAt.unixSeconds))]
                )
            )
        }
        return families
    }

    /// One sample a state, of which one is 1.
    private static func states(of run: UpkeepRun) -> MetricFamily {
        MetricFamily(
            .gauge,
            "console_billing_\(run.kind.rawValue)_state",
            "The state of the last \(run.kind.rawValue).",
            UpkeepRun.State.allCases.map { .init($0 == run.state ? 1 : 0, [("state", $0.rawValue)]) }
        )
    }
}
