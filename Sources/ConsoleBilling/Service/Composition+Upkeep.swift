import Billing
import HTTPClient
import Storage
import StripeAPI
import Upkeep

extension Service {
    /// Makes the worker that executes backfills and reconciliations, in the service or in a command without
    /// one.
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
