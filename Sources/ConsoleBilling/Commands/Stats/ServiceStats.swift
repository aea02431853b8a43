import Billing
import JSON
import Storage

/// Statistics of a running service.
struct ServiceStats {
    let server: String
    let isReady: Bool
    /// `nil` if the request failed.
    let events: EventSummary?
    let metrics: MetricSamples?
    /// The parts that could not be fetched, and why.
    let lacking: [String]

    /// Thresholds beyond which a line is highlighted; the same as in the alerts of deploy/prometheus.
    private enum Limits {
        static let silence = 6.0 * 3600
        static let workAge = 3600.0
        static let usageLag = 6.0 * 3600
        static let untoldAge = 900.0
        static let freeBytes = 1e9
        static let logBytes = Double(512 << 20)
    }

    struct Line: Equatable {
        let text: String
        /// Whether the line shows a problem.
        let isRemarkable: Bool
    }

    /// The lines for people, top to bottom.
    func lines(now: Instant) -> [Line] {
        var lines = [heading(now)]
        if let events { lines += table(of: events) }
        lines += [
            lastWebhook(now), acknowledgement, deliveries, work, backfill(now), reconciliation(now),
            usage(now), alerts, limits, disk,
        ].compactMap(\.self)
        return lines
    }

    /// A remarkable line ends with the command that says more or mends it.
    private func row(
        _ name: String,
        _ text: String,
        remarkable: Bool = false,
        command: String = "doctor"
    ) -> Line {
        let advice = remarkable ? " (console-billing \(command))" : ""
        return Line(
            text: name + String(repeating: " ", count: max(1, 16 - name.count)) + text + advice,
            isRemarkable: remarkable
        )
    }

    private func heading(_ now: Instant) -> Line {
        let started = metrics?.value("process_start_time_seconds").map { Instant(unixSeconds: Int64($0)) }
        let age = started.map { ", up for \(DurationText.text(now.seconds(since: $0)))" } ?? ""
        let state = isReady ? "ready" : "CANNOT STORE: console-billing doctor"
        return Line(
            text: printable("console-billing\(version.map { " " + $0 } ?? "") at \(server)\(age): \(state)"),
            isRemarkable: !isReady
        )
    }

    private var version: String? { metrics?.all("console_billing_build_info").first?.labels["version"] }

    private func table(of events: EventSummary) -> [Line] {
        let spans = [events.hour, events.day, events.total]
        func cells(_ name: String, _ count: (EventSummary.Counts) -> Int?) -> [String] {
            [name] + spans.map { String(count($0) ?? 0) }
        }
        let outcomes = EventEntry.Disposition.allCases.map(\.rawValue)
        var rows = outcomes.map { name in cells(name) { $0.byOutcome[name] } }
        rows.append(cells("all") { $0.events })
        rows.append(cells("from webhooks") { $0.bySource[EventSource.webhook.rawValue] })
        rows.append(cells("fetched from Stripe") { $0.bySource[EventSource.api.rawValue] })
        let table = TextTable(columns: ["EVENTS", "LAST HOUR", "LAST DAY", "TOTAL"], rows: rows)
        let quarantined = EventEntry.Disposition.quarantined.rawValue
        return table.text(rightAlignedFrom: 1).split(separator: "\n").map { text in
            guard text.hasPrefix(quarantined), events.total.byOutcome[quarantined] != 0 else {
                return Line(text: String(text), isRemarkable: false)
            }
            return Line(text: text + "  console-billing events quarantine", isRemarkable: true)
        }
    }

    private func lastWebhook(_ now: Instant) -> Line? {
        guard let events else {
            return metrics?.value("console_billing_last_event_timestamp_seconds").map { time in
                row("last event", DurationText.ago(now.seconds(since: Instant(unixSeconds: Int64(time)))))
            }
        }
        guard let last = events.lastWebhookAt else { return row("last webhook", "none yet") }
        let age = now.seconds(since: last)
        return row("last webhook", DurationText.ago(age), remarkable: Double(age) > Limits.silence)
    }

    private var acknowledgement: Line? {
        let name = "console_billing_acknowledgement_seconds"
        guard let half = metrics?.quantile(0.5, of: name), let most = metrics?.quantile(0.99, of: name),
            let count = metrics?.value(name + "_count")
        else { return nil }
        return row(
            "acknowledged",
            "p50 \(DurationText.fine(seconds: half)), p99 \(DurationText.fine(seconds: most)), of \(whole(count)) since "
                + "the start"
        )
    }

    private var deliveries: Line? {
        guard let metrics else { return nil }
        let outcomes = ["recorded", "duplicate", "quarantined", "refused", "not_stored", "bodies_in_flight"]
        let counts = outcomes.map { outcome in
            let count = metrics.value("console_billing_deliveries_total", ["outcome": outcome]) ?? 0
            return "\(whole(count)) \(outcome.replacing("_", with: " "))"
        }
        return row("deliveries", counts.joined(separator: ", ") + " since the start")
    }

    private var limits: Line? {
        guard let limited = metrics?.all("console_billing_limited_requests_total"), !limited.isEmpty,
            let running = metrics?.value("console_billing_heavy_reads", ["state": "running"]),
            let waiting = metrics?.value("console_billing_heavy_reads", ["state": "waiting"]),
            let bodies = metrics?.value("console_billing_bodies_in_flight_bytes"),
            let dropped = metrics?.value("console_billing_log_lines_dropped_total")
        else { return nil }
        return row(
            "limits",
            "\(whole(limited.reduce(0) { $0 + $1.value })) requests answered 429, \(whole(dropped)) log lines dropped since the start; now "
                + "\(whole(running)) reports run and \(whole(waiting)) wait, \(DurationText.bytes(bodies)) of bodies"
                + (dropped > 0 ? "; a higher LOG_LEVEL writes fewer lines" : ""),
            remarkable: dropped > 0,
            command: "config"
        )
    }

    private func jobs(_ kind: Job.Kind, _ state: Job.State) -> Double? {
        metrics?.value("console_billing_jobs", ["kind": kind.rawValue, "state": state.rawValue])
    }

    private var work: Line? {
        guard let waiting = jobs(.fetch, .waiting), let running = jobs(.fetch, .running),
            let failed = jobs(.fetch, .failed)
        else { return nil }
        let age = metrics?.value("console_billing_jobs_overdue_seconds", ["kind": "fetch"]) ?? 0
        let oldest = age > 0 ? ", the oldest due for \(DurationText.text(Int64(age)))" : ""
        return row(
            "fetches",
            "\(whole(waiting + running)) to be fetched from Stripe\(oldest); \(whole(failed)) failed",
            remarkable: age > Limits.workAge || failed > 0,
            command: "jobs list" + (failed > 0 ? " --state failed" : "")
        )
    }

    private func backfill(_ now: Instant) -> Line? {
        guard let state = lastState(.backfill) else { return nil }
        let found = metrics?.value("console_billing_backfill_recorded_events") ?? 0
        return row(
            "backfill",
            "\(printable(state)) \(updated(.backfill, now)), "
                + "\(whole(found)) events were missing",
            remarkable: ["failed", "paused"].contains(state),
            command: "jobs list"
        )
    }

    private func reconciliation(_ now: Instant) -> Line? {
        guard let state = lastState(.reconciliation) else { return nil }
        let rows = metrics?.value("console_billing_reconciliation_rows") ?? 0
        let drift = metrics?.value("console_billing_reconciliation_drift") ?? 0
        return row(
            "reconciliation",
            "\(printable(state)) \(updated(.reconciliation, now)), "
                + "\(whole(rows)) rows compared, \(drift > 0 ? whole(drift) : "no") drift",
            remarkable: drift > 0 || ["failed", "paused"].contains(state),
            command: drift > 0 ? "reconcile --since 7d --fix" : "jobs list"
        )
    }

    private func usage(_ now: Instant) -> Line? {
        guard let state = lastState(.usageSync) else { return nil }
        let behind = metrics?.value("console_billing_usage_lag_seconds")
        let lag = behind.map { "\(DurationText.text(Int64($0))) behind the chain, " }
        return row(
            "usage",
            "\(lag ?? "")synced \(updated(.usageSync, now))"
                + (state == "failed" ? ": the last sync failed" : ""),
            remarkable: state == "failed" || behind.map { $0 > Limits.usageLag } ?? false,
            command: "usage sync"
        )
    }

    private var alerts: Line? {
        let ages = "console_billing_jobs_oldest_age_seconds"
        guard let waiting = jobs(.alert, .waiting), let running = jobs(.alert, .running),
            let age = metrics?.value(ages, ["kind": "alert"])
        else { return nil }
        let pending = waiting + running
        let oldest = pending > 0 ? ", the oldest for \(DurationText.text(Int64(age)))" : ""
        return row(
            "alerts",
            "\(whole(pending)) wait for their receiver\(oldest)",
            remarkable: age > Limits.untoldAge,
            command: "alerts test"
        )
    }

    private var disk: Line? {
        guard let main = metrics?.value("console_billing_database_bytes", ["file": "main"]),
            let log = metrics?.value("console_billing_database_bytes", ["file": "wal"])
        else { return nil }
        let free = metrics?.value("console_billing_disk_free_bytes")
        return row(
            "disk",
            "database \(DurationText.bytes(main)), its log \(DurationText.bytes(log))"
                + (free.map { ", \(DurationText.bytes($0)) free" } ?? ""),
            remarkable: free.map { $0 < Limits.freeBytes } ?? false || log > Limits.logBytes
        )
    }

    private func lastState(_ kind: Job.Kind) -> String? {
        metrics?.state("console_billing_last_job_state", ["kind": kind.rawValue])
    }

    private func updated(_ kind: Job.Kind, _ now: Instant) -> String {
        let name = "console_billing_last_job_updated_timestamp_seconds"
        let update = metrics?.value(name, ["kind": kind.rawValue])
        return update.map { DurationText.ago(now.seconds(since: Instant(unixSeconds: Int64($0)))) } ?? ""
    }

    private func whole(_ number: Double) -> String { "\(Int64(number))" }

    /// The statistics for programs: the events as the service answers them, and the metrics by their own names.
    var json: String {
        func milliseconds(_ quantile: Double) -> Double? {
            let seconds = metrics?.quantile(quantile, of: "console_billing_acknowledgement_seconds")
            return seconds.map { ($0 * 1_000_000).rounded() / 1000 }
        }
        let bytes = JSONWriter.object { json in
            json.object("acknowledgement_ms") { json in
                json.nullable("p50", milliseconds(0.5))
                json.nullable("p99", milliseconds(0.99))
            }
            json.nullable("events", events.map { JSONText($0.json) })
            json.member("lacking", lacking)
            json.nullable("metrics", metrics?.samples)
            json.member("object", "stats")
            json.member("ready", isReady)
            json.member("server", server)
            json.nullable("version", version)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
