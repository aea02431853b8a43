import CoreMetrics
import Storage

/// What is measured of requests.
///
/// Labels are routes, statuses and reasons: nothing that a stranger writes, and nobody's id.
struct WebInstruments: Sendable {
    private let factory: any MetricsFactory
    private let acknowledgement: CoreMetrics.Timer

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        acknowledgement = CoreMetrics.Timer(
            label: "console_billing_acknowledgement_seconds",
            factory: factory
        )
        // Those that matter from the first second: a rate needs to see nought before it sees one.
        for outcome in ["recorded", "duplicate", "quarantined", "refused"] {
            counter("console_billing_deliveries_total", ("outcome", outcome)).increment(by: 0)
        }
    }

    func answered(_ method: String, route: String, status: Int) {
        // A method is whatever somebody sends.
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE"].contains(method) ? method : "other"
        counter(
            "console_billing_http_requests_total",
            ("method", known),
            ("route", route),
            ("status", "\(status)")
        ).increment()
    }

    func delivered(_ outcome: RecordOutcome, in duration: Duration) {
        counter("console_billing_deliveries_total", ("outcome", outcome.rawValue)).increment()
        acknowledgement.recordNanoseconds(Int64(duration / .nanoseconds(1)))
    }

    /// A delivery that was not let in: not signed, not an event, or too large.
    func refusedDelivery() { counter("console_billing_deliveries_total", ("outcome", "refused")).increment() }

    /// Where somebody who opened a receipt was led.
    enum ReceiptResult: String { case fresh, stored, own }

    func openedReceipt(_ result: ReceiptResult) {
        counter("console_billing_receipt_redirects_total", ("result", result.rawValue)).increment()
    }

    /// A key, token or link that was not let in.
    func refusedCredentials(_ reason: String) {
        counter("console_billing_authentication_failures_total", ("reason", reason)).increment()
    }

    /// A request that was turned away because its caller, or all callers, ask for too much.
    func limited(_ reason: String) {
        counter("console_billing_limited_requests_total", ("reason", reason)).increment()
    }

    private func counter(_ label: String, _ dimensions: (String, String)...) -> Counter {
        Counter(label: label, dimensions: dimensions, factory: factory)
    }
}
