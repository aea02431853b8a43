import Billing
import HTTPClient
import Storage
import StripeAPI
import BackgroundJobs

extension Daemon {
    /// Makes the worker for backfills and reconciliations, in the service or in a command without one.
    func catchUpWorker(
        store: any Store,
        transport: CurlTransport,
        key: StripeSecretKey,
        schedule: JobSchedule
    ) -> CatchUpWorker {
        CatchUpWorker(
            store: store,
            stripe: stripe(transport, key, limits: TransportLimits()),
            livemode: key.livemode ?? configuration.livemode ?? false,
            schedule: schedule,
            runtime: runtime,
            logger: logger
        )
    }
}
