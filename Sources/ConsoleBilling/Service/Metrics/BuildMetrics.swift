import PrometheusMetrics

/// A metric with the version of the program.
struct BuildMetrics: MetricSource {
    func families() -> [MetricFamily] {
        [
            MetricFamily(
                .gauge,
                "console_billing_build_info",
                "1, by version.",
                [.init(1, [("version", ConsoleBilling.configuration.version)])]
            )
        ]
    }
}
