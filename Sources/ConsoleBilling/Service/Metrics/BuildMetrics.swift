import PrometheusMetrics

/// A metric with the version of the program.
struct BuildMetrics: MetricSource {
    func families() -> [MetricFamily] {
        [
            MetricFamily(
                .gauge,
                "console_billing_build_info",
                "Always 1, labelled with the version.",
                [.init(1, [("version", ConsoleBilling.configuration.version)])]
            )
        ]
    }
}
