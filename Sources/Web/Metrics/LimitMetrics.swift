import PrometheusMetrics

/// The current use of the limited resources.
struct LimitMetrics: MetricSource {
    let limits: RequestLimits

    func families() -> [MetricFamily] {
        let reads = limits.heavyReads.count
        return [
            MetricFamily(
                .gauge,
                "console_billing_bodies_in_flight_bytes",
                "Memory used by request bodies that have not arrived completely.",
                Double(limits.bodies.bytes)
            ),
            MetricFamily(
                .gauge,
                "console_billing_heavy_reads",
                "Reports and exports that are running or queued.",
                [
                    .init(Double(reads.running), [("state", "running")]),
                    .init(Double(reads.waiting), [("state", "waiting")]),
                ]
            ),
        ]
    }
}
