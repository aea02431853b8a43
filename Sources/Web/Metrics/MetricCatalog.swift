package import PrometheusMetrics

/// The metrics that all modules record as events happen, with their help texts.
package enum MetricCatalog {
    private static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    private static let events: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

    package static let measured: [PrometheusRegistry.Description] = [
        .init(
            .counter,
            "console_billing_deliveries_total",
            "Deliveries of Stripe's, by what became of them."
        ),
        .init(
            .histogram(seconds),
            "console_billing_acknowledgement_seconds",
            "From a delivery to its acknowledgement, the commit included."
        ),
        .init(.histogram(events), "console_billing_batch_events", "Events committed together."),
        .init(
            .histogram(seconds),
            "console_billing_commit_seconds",
            "What a batch of events took to be on disk."
        ),
        .init(.gauge, "console_billing_writer_queue_events", "Events that wait for the next batch."),
        .init(
            .counter,
            "console_billing_http_requests_total",
            "Requests, by method, route and status of the answer."
        ),
        .init(
            .counter,
            "console_billing_authentication_failures_total",
            "Keys, tokens, sessions and links that were not let in, by reason."
        ),
        .init(
            .counter,
            "console_billing_limited_requests_total",
            "Requests answered 429, by reason: the caller's budget or reports at once, or all callers together."
        ),
        .init(
            .counter,
            "console_billing_receipt_redirects_total",
            "Receipts that were opened: fresh from Stripe, by a stored link, or our own page."
        ),
        .init(
            .counter,
            "console_billing_stripe_requests_total",
            "What was asked of Stripe's API, by status; none is no answer."
        ),
        .init(
            .counter,
            "console_billing_alerts_sent_total",
            "Attempts at telling an alert, by type and result: delivered, failed (tried again), gone."
        ),
        .init(
            .counter,
            "console_billing_bodies_removed_total",
            "Bodies of events that were let go of because of their age."
        ),
        .init(
            .counter,
            "console_billing_bodies_removed_bytes_total",
            "What those bodies came to."
        ),
    ]
}
