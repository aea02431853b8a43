import PrometheusMetrics

/// The version of the program, and the log lines that it had to drop.
struct ProgramMetrics: MetricSource {
    func families() -> [MetricFamily] {
        [
            MetricFamily(
                .gauge,
                "console_billing_build_info",
                "Always 1, labelled with the version.",
                [.init(1, [("version", ConsoleBilling.configuration.version)])]
            ),
            MetricFamily(
                .counter,
                "console_billing_log_lines_dropped_total",
                "Log lines dropped because the reader of the log stalled.",
                Double(LineQueue.standardError.droppedLines)
            ),
        ]
    }
}
