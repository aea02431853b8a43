package import CoreMetrics

/// The metrics of the purge of old bodies.
package struct RetentionInstruments: Sendable {
    private let bodies: Counter
    private let bytes: Counter

    package init(_ factory: any MetricsFactory = MetricsSystem.factory) {
        bodies = Counter(label: "console_billing_bodies_removed_total", factory: factory)
        bytes = Counter(label: "console_billing_bodies_removed_bytes_total", factory: factory)
    }

    package func removed(_ count: Int, bytes size: Int) {
        bodies.increment(by: count)
        bytes.increment(by: size)
    }
}
