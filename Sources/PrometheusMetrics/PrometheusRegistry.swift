package import CoreMetrics
import Synchronization

/// Collects the measurements of swift-metrics and exposes them to Prometheus.
///
/// Only families that were described in advance are exposed, so that a library cannot add names of its own.
package final class PrometheusRegistry: MetricsFactory, MetricSource {
    /// The type, name and help text of a family.
    package struct Description: Sendable {
        package enum Shape: Sendable {
            case counter, gauge
            /// The upper bounds of the buckets, ascending; larger values go to a last bucket without a bound.
            case histogram([Double])
        }

        let name: String
        let help: String
        let shape: Shape

        package init(_ shape: Shape, _ name: String, _ help: String) {
            self.shape = shape
            self.name = name
            self.help = help
        }
    }

    private struct Key: Hashable {
        let name: String
        let labels: [String]

        init(_ name: String, _ dimensions: [(String, String)]) {
            self.name = name
            labels = dimensions.flatMap { [$0.0, $0.1] }
        }

        var pairs: [(name: String, value: String)] {
            stride(from: 0, to: labels.count, by: 2).map { (labels[$0], labels[$0 + 1]) }
        }
    }

    /// More than our own series: labels are routes, statuses and reasons, never text from clients.
    private static let maximumSeries = 4096

    private let descriptions: [Description]
    private let series = Mutex<[Key: Series]>([:])

    package init(_ descriptions: [Description]) { self.descriptions = descriptions }

    package func families() -> [MetricFamily] {
        let known = series.withLock(\.self)
        return descriptions.map { description in
            let own = known.filter { $0.key.name == description.name }
                .sorted { $0.key.labels.lexicographicallyPrecedes($1.key.labels) }
            let kind: MetricFamily.Kind =
                switch description.shape {
                case .counter: .counter
                case .gauge: .gauge
                case .histogram: .histogram
                }
            return MetricFamily(
                kind,
                description.name,
                description.help,
                own.flatMap { $0.value.samples(labels: $0.key.pairs) }
            )
        }
    }

    private func find(_ name: String, _ dimensions: [(String, String)]) -> Series {
        let key = Key(name, dimensions)
        return series.withLock { series in
            if let known = series[key] { return known }
            var bounds: [Double]?
            if case .histogram(let own)? = descriptions.first(where: { $0.name == name })?.shape {
                bounds = own
            }
            let new = Series(bounds: bounds)
            if series.count < Self.maximumSeries { series[key] = new }
            return new
        }
    }

    // MARK: swift-metrics

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        find(label, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        find(label, dimensions)
    }

    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler { find(label, dimensions) }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        find(label, dimensions)
    }

    // Series are kept: Prometheus takes a counter that vanishes for a restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
