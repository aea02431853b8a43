import CoreMetrics
import Storage

/// Records the metrics of requests.
///
/// Labels are routes, statuses and reasons, and never a text from a request or an id.
struct WebInstruments: Sendable {
    private let factory: any MetricsFactory
    private let acknowledgement: CoreMetrics.Timer
    /// The counters of deliveries by outcome or failure.
    private let deliveries: [String: Counter]

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        acknowledgement = CoreMetrics.Timer(
            label: "console_billing_acknowledgement_seconds",
            factory: factory
        )
        // These counters start at 0, because Prometheus needs a sample before the first increment to compute
        // a rate.
        let outcomes = ["recorded", "duplicate", "quarantined"] + DeliveryFailure.allCases.map(\.rawValue)
        deliveries = outcomes.reduce(into: [:]) { counters, outcome in
            counters[outcome] = Counter(
                label: "console_billing_deliveries_total",
                dimensions: [("outcome", outcome)],
                factory: factory
            )
        }
        for reason in ["rate_limited", "reports_at_once", "service_busy"] {
            counter("console_billing_limited_requests_total", ("reason", reason)).increment(by: 0)
        }
    }

    func answered(_ method: String, route: String, status: Int) {
        // A client can send any method, and each new label value would be a new time series.
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE"].contains(method) ? method : "other"
        counter(
            "console_billing_http_requests_total",
            ("method", known),
            ("route", route),
            ("status", "\(status)")
        ).increment()
    }

    func delivered(_ outcome: RecordOutcome, in duration: Duration) {
        deliveries[outcome.rawValue]?.increment()
        acknowledgement.recordNanoseconds(Int64(clamping: duration / .nanoseconds(1)))
    }

    /// Why a delivery was not recorded.
    enum DeliveryFailure: String, CaseIterable {
        /// Not signed, not an event, or too large.
        case refused
        /// There was no memory for its body (`MAX_BODY_BYTES_IN_FLIGHT`).
        case bodiesInFlight = "bodies_in_flight"
        /// The store refused it or was unavailable.
        case notStored = "not_stored"
    }

    func failedDelivery(_ failure: DeliveryFailure) {
        deliveries[failure.rawValue]?.increment()
    }

    /// The target of a receipt link: Stripe's fresh link, a stored link, or our own page.
    enum ReceiptResult: String { case fresh, stored, own }

    func openedReceipt(_ result: ReceiptResult) {
        counter("console_billing_receipt_redirects_total", ("result", result.rawValue)).increment()
    }

    /// Counts a refused key, token or link.
    func refusedCredentials(_ reason: String) {
        counter("console_billing_authentication_failures_total", ("reason", reason)).increment()
    }

    /// Counts a request refused by the caller's rate limit or by that of all callers.
    func limited(_ reason: String) {
        counter("console_billing_limited_requests_total", ("reason", reason)).increment()
    }

    private func counter(_ label: String, _ dimensions: (String, String)...) -> Counter {
        Counter(label: label, dimensions: dimensions, factory: factory)
    }
}
