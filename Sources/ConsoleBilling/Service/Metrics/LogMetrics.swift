import PrometheusMetrics

/// A metric that counts dropped log lines.
struct LogMetrics: MetricSource {
    func families() -> [MetricFamily] {
        [
            MetricFamily(
                .counter,
                "console_billing_log_lines_dropped_total",
                "Log lines that were dropped because whatever reads them did not.",
                [.init(Double(LineQueue.standardError.droppedLines))]
            )
        ]
    }
}
