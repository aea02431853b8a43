package import CoreMetrics

/// The metrics of the event writer.
package struct BatchInstruments: Sendable {
    private let size: Recorder
    private let commit: CoreMetrics.Timer
    private let waiting: Meter

    package init(_ factory: any MetricsFactory = MetricsSystem.factory) {
        size = Recorder(label: "console_billing_batch_events", aggregate: true, factory: factory)
        commit = CoreMetrics.Timer(label: "console_billing_commit_seconds", factory: factory)
        waiting = Meter(label: "console_billing_writer_queue_events", factory: factory)
    }

    func tookBatch(of count: Int, leaving rest: Int) {
        size.record(count)
        waiting.set(rest)
    }

    func finishedBatch(in duration: Duration) {
        commit.recordNanoseconds(Int64(clamping: duration / .nanoseconds(1)))
    }
}
