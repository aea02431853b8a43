import Billing
import HTTPClient
import Storage
import StripeAPI
import BackgroundJobs

extension Daemon {
    /// Makes the worker that executes backfills and reconciliations, in the service or in a command without
    /// one.
    func jobRunner(
        store: any Store,
        transport: CurlTransport,
        key: StripeSecretKey,
        schedule: JobSchedule
    ) -> JobRunner {
        JobRunner(
            store: store,
            stripe: stripe(transport, key, limits: TransportLimits()),
            livemode: key.livemode ?? configuration.livemode ?? false,
            schedule: schedule,
            runtime: JobRunner.Runtime(now: { .now }),
            logger: logger
        )
    }
}
