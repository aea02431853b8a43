package import PrometheusMetrics

/// The metrics that all modules record as events happen, with their help texts.
package enum MetricCatalog {
    private static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    private static let events: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

    package static let measured: [PrometheusRegistry.Description] = [
        .init(
            .counter,
            "console_billing_deliveries_total",
            "Webhook deliveries from Stripe, by outcome."
        ),
        .init(
            .histogram(seconds),
            "console_billing_acknowledgement_seconds",
            "Time from a delivery's arrival to its acknowledgement, including the commit."
        ),
        .init(.histogram(events), "console_billing_batch_events", "Events per committed batch."),
        .init(
            .histogram(seconds),
            "console_billing_commit_seconds",
            "Time to commit a batch of events to disk."
        ),
        .init(.gauge, "console_billing_writer_queue_events", "Events waiting for the next batch."),
        .init(
            .counter,
            "console_billing_http_requests_total",
            "HTTP requests, by method, route and response status."
        ),
        .init(
            .counter,
            "console_billing_authentication_failures_total",
            "Rejected keys, tokens, sessions and links, by reason."
        ),
        .init(
            .counter,
            "console_billing_limited_requests_total",
            "Requests answered 429, by reason: the caller's rate, the caller's concurrent reports, or the limit of all callers together."
        ),
        .init(
            .counter,
            "console_billing_receipt_redirects_total",
            "Receipts opened, by source: fetched from Stripe, a stored link, or the service's own page."
        ),
        .init(
            .counter,
            "console_billing_stripe_requests_total",
            "Requests to Stripe's API, by status; none means no answer."
        ),
        .init(
            .counter,
            "console_billing_alerts_sent_total",
            "Attempts to send an alert, by type and result: delivered, failed (retried), gone (dropped)."
        ),
        .init(
            .counter,
            "console_billing_events_forwarded_total",
            "Attempts to pass an event on (FORWARD_TO), by receiver and result: accepted, refused (tried again), given_up, unavailable."
        ),
        .init(
            .counter,
            "console_billing_bodies_removed_total",
            "Event bodies purged because of their age."
        ),
        .init(
            .counter,
            "console_billing_bodies_removed_bytes_total",
            "Size of the purged event bodies."
        ),
    ]
}
