import Billing
import PrometheusMetrics
import Storage

/// How many jobs wait, how the last of each kind ended, and the results of some.
struct JobMetrics: MetricSource {
    let jobs: any JobStore
    let retention: any BodyRetention
    /// The kinds that this service works on; jobs of other kinds are counted, and are not late.
    let kinds: [Job.Kind]
    let now: @Sendable () -> Instant

    func families() async throws -> [MetricFamily] {
        let summary = try await jobs.summary()
        var last: [Job] = []
        for kind in kinds where kind.isPerpetual {
            if let job = try await jobs.job(id: kind.rawValue) { last.append(job) }
        }
        for kind in [Job.Kind.backfill, .reconciliation] {
            if let job = try await jobs.latestJob(kind) { last.append(job) }
        }
        return counts(summary) + states(of: last) + results(of: last) + [try await oldestBody()]
    }

    private func counts(_ summary: [JobSummary]) -> [MetricFamily] {
        // Computed at each scrape, because the ages grow while no runner works.
        func age(_ kind: Job.Kind, _ time: (JobSummary) -> Instant?) -> MetricFamily.Sample {
            let earliest = summary.filter { $0.kind == kind }.compactMap(time).min()
            let age = earliest.map { max(0, now().seconds(since: $0)) } ?? 0
            return .init(Double(age), [("kind", kind.rawValue)])
        }
        return [
            MetricFamily(
                .gauge,
                "console_billing_jobs",
                "Stored jobs, by kind and state.",
                Job.Kind.allCases.flatMap { kind in
                    Job.State.allCases.map { state in
                        let count = summary.first { $0.kind == kind && $0.state == state }?.count ?? 0
                        return .init(Double(count), [("kind", kind.rawValue), ("state", state.rawValue)])
                    }
                }
            ),
            MetricFamily(
                .gauge,
                "console_billing_jobs_overdue_seconds",
                "How long the first due job of a kind has been due.",
                kinds.map { age($0, \.dueAt) }
            ),
            MetricFamily(
                .gauge,
                "console_billing_jobs_oldest_age_seconds",
                "The age of the oldest unfinished job of a kind whose jobs end.",
                kinds.filter { !$0.isPerpetual }.map { age($0, \.createdAt) }
            ),
        ]
    }

    /// One sample for each state; the current state's value is 1.
    private func states(of last: [Job]) -> [MetricFamily] {
        [
            MetricFamily(
                .gauge,
                "console_billing_last_job_state",
                "The state of the last job of a kind.",
                last.flatMap { job in
                    Job.State.allCases.map { state in
                        .init(
                            state == job.state ? 1 : 0,
                            [("kind", job.kind.rawValue), ("state", state.rawValue)]
                        )
                    }
                }
            ),
            MetricFamily(
                .gauge,
                "console_billing_last_job_updated_timestamp_seconds",
                "When the last job of a kind last made progress or ended, as Unix time.",
                last.map { .init(Double($0.updatedAt.unixSeconds), [("kind", $0.kind.rawValue)]) }
            ),
        ]
    }

    private func results(of last: [Job]) -> [MetricFamily] {
        func job(_ kind: Job.Kind) -> Job? { last.first { $0.kind == kind } }
        let comparison = job(.reconciliation)?.reached?.comparison
        return [
            MetricFamily(
                .gauge,
                "console_billing_backfill_recorded_events",
                "Missing events that the last backfill recorded.",
                job(.backfill).map { Double(($0.reached ?? JobProgress()).recorded) }
            ),
            MetricFamily(
                .gauge,
                "console_billing_reconciliation_drift",
                "Differences from Stripe that the last reconciliation found and did not repair.",
                comparison.map { Double($0.remaining) }
            ),
            MetricFamily(
                .gauge,
                "console_billing_reconciliation_rows",
                "Rows compared by the last reconciliation.",
                comparison.map { Double($0.rows) }
            ),
            MetricFamily(
                .gauge,
                "console_billing_usage_lag_seconds",
                "Age of the newest indexed block of the chain.",
                job(.usageSync)?.syncProgress?.lagSeconds(now: now()).map(Double.init)
            ),
            MetricFamily(
                .gauge,
                "console_billing_console_import_lag_seconds",
                "Age of the last completed import from Console's database.",
                job(.consoleImport)?.importProgress?.lagSeconds(now: now()).map(Double.init)
            ),
            MetricFamily(
                .gauge,
                "console_billing_usage_set_aside_leases",
                "Leases that the last usage sync set aside, because they cannot be read.",
                job(.usageSync)?.syncProgress.map { Double($0.setAside) }
            ),
            MetricFamily(
                .gauge,
                "console_billing_usage_missing_leases",
                "Open leases that the last usage sync did not find at their source.",
                job(.usageSync)?.syncProgress.map { Double($0.missing) }
            ),
        ]
    }

    private func oldestBody() async throws -> MetricFamily {
        MetricFamily(
            .gauge,
            "console_billing_oldest_body_timestamp_seconds",
            "When the oldest event that still has its body was received, as Unix time.",
            try await retention.oldestBody().map { Double($0.unixSeconds) }
        )
    }
}
