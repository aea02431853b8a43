import Billing
import Scenarios
import Storage
import Web

extension ServiceStats {
    /// The statistics for programs; unknown members are null.
    var json: OrderedJSON {
        [
            "object": "stats", "server": .string(server), "ready": .bool(isReady),
            "version": .text(metrics?.all("console_billing_build_info").first?.labels["version"]),
            "started_at": number("process_start_time_seconds"),
            "events": events.map { events in
                [
                    "last_received_at": .number(events.last_received_at?.unixSeconds),
                    "last_webhook_at": .number(events.last_webhook_at?.unixSeconds),
                    "hour": Self.counts(events.hour), "day": Self.counts(events.day),
                    "total": Self.counts(events.total),
                ]
            } ?? .null,
            "acknowledgement_ms": [
                "p50": milliseconds(0.5), "p99": milliseconds(0.99),
                "count": number("console_billing_acknowledgement_seconds_count"),
            ],
            "deliveries": .object(
                Self.deliveryOutcomes.map { outcome in
                    .init(outcome, number("console_billing_deliveries_total", ["outcome": outcome]))
                }
            ),
            "fetches": [
                "pending": .number(pendingFetches.map { Int64($0) }),
                "failed": number("console_billing_jobs", ["kind": "fetch", "state": "failed"]),
                "overdue_seconds": number("console_billing_jobs_overdue_seconds", ["kind": "fetch"]),
            ],
            "backfill": [
                "state": .text(lastState(.backfill)),
                "recorded": number("console_billing_backfill_recorded_events"),
                "updated_at": updatedAt(.backfill),
            ],
            "reconciliation": [
                "state": .text(lastState(.reconciliation)),
                "rows": number("console_billing_reconciliation_rows"),
                "drift": number("console_billing_reconciliation_drift"),
                "updated_at": updatedAt(.reconciliation),
            ],
            "usage": [
                "lag_seconds": number("console_billing_usage_lag_seconds"),
                "sync_failed": lastState(.usageSync).map { .bool($0 == "failed") } ?? .null,
                "updated_at": updatedAt(.usageSync),
            ],
            "alerts": [
                "pending": number("console_billing_jobs", ["kind": "alert", "state": "waiting"]),
                "oldest_age_seconds": number("console_billing_jobs_oldest_age_seconds", ["kind": "alert"]),
            ],
            "limits": [
                "limited_requests": .number(limitedRequests.flatMap { Int64(exactly: $0.rounded()) }),
                "reports_running": number("console_billing_heavy_reads", ["state": "running"]),
                "reports_waiting": number("console_billing_heavy_reads", ["state": "waiting"]),
                "bodies_in_flight_bytes": number("console_billing_bodies_in_flight_bytes"),
                "log_lines_dropped": number("console_billing_log_lines_dropped_total"),
            ],
            "database": [
                "bytes": number("console_billing_database_bytes", ["file": "main"]),
                "log_bytes": number("console_billing_database_bytes", ["file": "wal"]),
                "free_bytes": number("console_billing_disk_free_bytes"),
            ],
            "lacking": .array(lacking.map(OrderedJSON.string)),
        ]
    }

    private func updatedAt(_ kind: Job.Kind) -> OrderedJSON {
        .number(lastUpdate(kind).flatMap { Int64(exactly: $0.rounded()) })
    }

    private func number(_ name: String, _ labels: [String: String] = [:]) -> OrderedJSON {
        .number(metrics?.value(name, labels).flatMap { Int64(exactly: $0.rounded()) })
    }

    private func milliseconds(_ quantile: Double) -> OrderedJSON {
        let seconds = metrics?.quantile(quantile, of: "console_billing_acknowledgement_seconds")
        return seconds.flatMap { Int64(exactly: ($0 * 1_000_000).rounded()) }.map(OrderedJSON.thousandths)
            ?? .null
    }

    private static func counts(_ counts: EventSummaryResponse.Counts) -> OrderedJSON {
        func object(_ numbers: [String: Int]) -> OrderedJSON {
            .object(numbers.sorted { $0.key < $1.key }.map { .init($0.key, .integer(Int64($0.value))) })
        }
        return [
            "events": .integer(Int64(counts.events)), "by_outcome": object(counts.by_outcome),
            "by_source": object(counts.by_source),
        ]
    }
}
