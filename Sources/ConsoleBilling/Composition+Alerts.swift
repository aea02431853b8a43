import HTTPClient
import ServiceLifecycle
import Storage
import StripeAPI
import Upkeep

extension Service {
    /// What tells operators that something needs somebody.
    func alertWorker(
        _ alerts: AlertConfiguration,
        store: any Store,
        transport: CurlTransport
    ) -> AlertWorker {
        if configuration.stripeKey == nil, alerts.silenceAfterSeconds > 0 {
            logger.notice("without STRIPE_SECRET_KEY no alert can tell that Stripe is silent")
        }
        return AlertWorker(
            store: store,
            stripe: configuration.stripeKey.map { key in
                StripeClient(
                    transport: transport,
                    base: configuration.stripeAPIBase,
                    key: key,
                    version: configuration.stripeAPIVersion,
                    // Few events at a time, and alerts wait while Stripe thinks.
                    listLimits: TransportLimits(totalTimeout: .seconds(10), maxBodyBytes: 8 << 20)
                )
            },
            silenceAfterSeconds: alerts.silenceAfterSeconds,
            author: AlertAuthor(service: configuration.publicURL),
            sender: alerts.sender(transport),
            means: UpkeepWorker.Means(now: { .now }),
            logger: logger
        )
    }
}
