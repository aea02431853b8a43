import CoreMetrics
import Synchronization

/// The measurements with one name and one set of labels.
final class Series: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    private struct State {
        var value = 0.0
        /// The number of measurements in each bucket; the last bucket has no bound.
        var buckets: [Int]
        var count = 0
    }

    /// The upper bounds of a histogram's buckets; `nil` for a counter or gauge.
    private let bounds: [Double]?
    private let state: Mutex<State>

    init(bounds: [Double]?) {
        self.bounds = bounds
        state = Mutex(State(buckets: Array(repeating: 0, count: (bounds?.count ?? -1) + 1)))
    }

    func samples(labels: [(name: String, value: String)]) -> [MetricFamily.Sample] {
        let state = state.withLock(\.self)
        guard let bounds else { return [.init(state.value, labels)] }
        var sum = 0
        var samples: [MetricFamily.Sample] = []
        for (bound, count) in zip(bounds + [.infinity], state.buckets) {
            sum += count
            samples.append(
                .init(Double(sum), labels + [("le", MetricFamily.number(bound))], suffix: "_bucket")
            )
        }
        samples.append(.init(state.value, labels, suffix: "_sum"))
        samples.append(.init(Double(state.count), labels, suffix: "_count"))
        return samples
    }

    private func measure(_ value: Double) {
        guard let bounds else { return set(value) }
        state.withLock { state in
            state.buckets[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
            state.value += value
            state.count += 1
        }
    }

    // MARK: swift-metrics

    func increment(by amount: Int64) { increment(by: Double(amount)) }
    func increment(by amount: Double) { state.withLock { $0.value += amount } }
    func decrement(by amount: Double) { state.withLock { $0.value -= amount } }
    func reset() { set(0.0) }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { state.withLock { $0.value = value } }

    func record(_ value: Int64) { measure(Double(value)) }
    func record(_ value: Double) { measure(value) }
    /// Converts to seconds, the unit of Prometheus.
    func recordNanoseconds(_ duration: Int64) { measure(Double(duration) / 1e9) }
}
