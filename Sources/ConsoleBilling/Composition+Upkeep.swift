import Billing
import HTTPClient
import Storage
import StripeAPI
import Upkeep

extension Service {
    /// What works off backfills and reconciliations, here and in the commands that find no service.
    func upkeepWorker(
        store: any Store,
        transport: CurlTransport,
        key: StripeSecretKey,
        habits: UpkeepHabits
    ) -> UpkeepWorker {
        UpkeepWorker(
            store: store,
            stripe: stripe(transport, key, limits: TransportLimits()),
            livemode: key.livemode ?? configuration.livemode ?? false,
            habits: habits,
            means: UpkeepWorker.Means(now: { .now }),
            logger: logger
        )
    }
}
