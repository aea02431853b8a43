import HTTPClient
import Storage
import StripeAPI
import BackgroundJobs

extension Daemon {
    /// Makes the workers that look for alerts and send them to operators.
    func alertWorkers(
        _ alerts: AlertConfiguration,
        store: any Store,
        transport: CurlTransport
    ) -> [any JobWorker] {
        // An organisation's key reads one account at a time, but missing webhooks are detected for all
        // accounts together.
        let key = configuration.stripeKey.flatMap { $0.isOrganization ? nil : $0 }
        if key == nil, alerts.silenceAfterSeconds > 0 {
            logger.notice(
                "without the STRIPE_SECRET_KEY of an account the service cannot detect missing webhooks"
            )
        }
        let search = AlertSearch(
            store: store,
            stripe: key.map { key in
                StripeClient(
                    transport: transport,
                    base: configuration.stripeAPIBase,
                    key: key,
                    version: configuration.stripeAPIVersion,
                    // One page holds few events, and alerts wait for this request.
                    listLimits: TransportLimits(totalTimeout: .seconds(10), maxBodyBytes: 8 << 20)
                )
            },
            silenceAfterSeconds: alerts.silenceAfterSeconds,
            balanceDrift: alerts.balanceDrift,
            formatter: AlertFormatter(service: configuration.publicURL),
            runtime: runtime,
            logger: logger
        )
        let sending = AlertWorker(sender: alerts.sender(transport), runtime: runtime, logger: logger)
        return [search, sending]
    }
}
