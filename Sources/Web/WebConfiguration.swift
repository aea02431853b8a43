package import Billing
package import PrometheusMetrics
package import Storage

/// The dependencies and settings of the web server, which the caller of `buildApplication` chooses.
package struct WebConfiguration: Sendable {
    package var host: String
    package var port: Int
    /// The mode of rows that no event of Stripe's tells.
    package var livemode = false
    package var maxBodyBytes = 1 << 20
    /// The bytes that all request bodies together may take while they arrive.
    package var maxBodyBytesInFlight = 64 << 20
    /// The limit of each user, customer and address in units a minute.
    package var rateLimit: Int64 = 6000
    /// The limit of each API key that names no user, in units a minute.
    package var keyRateLimit: Int64 = 120_000
    /// The secrets for webhook signatures, links, sessions and API keys; reloadable at run time.
    package var secrets: SecretStore
    /// The issuer whose bearer tokens are accepted; `nil` if none are.
    package var tokenIssuer: TokenIssuer?
    /// The other sites that may show the page in a frame; none by default.
    package var frameAncestors: [WebOrigin] = []
    package var receiptHosts = ReceiptHosts.stripe
    /// The merchant named on receipts.
    package var merchant = Merchant.unnamed
    /// The contents of Chart.js; `nil` if the library is not installed.
    package var chartScript: [UInt8]?
    /// Whether there is a key for Stripe's API, which backfills and reconciliations need.
    package var canAskStripe = true
    /// The kinds of jobs that this service works on.
    package var jobKinds = Job.Kind.allCases
    /// The source from which usage is synced; `nil` if none is configured.
    package var usageSource: UsageSyncSource?
    /// Whether Console's own database is configured.
    package var readsConsole = false
    /// The archive that receives the bodies of events when the store deletes them; `nil` if there is none.
    package var archive: (any ErasableArchive)?
    /// Whether direct loopback peers read `/metrics` without a key.
    package var metricsOpen = false
    /// The maximum number of open connections; further ones wait in the kernel.
    package var maxConnections = 4096
    /// The limit in seconds for a request to arrive, for an answer to be read, and for an idle connection.
    package var deadlineSeconds: Int64 = 30
    package var clock: @Sendable () -> Instant
    /// The registry of metrics that are recorded as events happen.
    package var metrics = PrometheusRegistry(MetricCatalog.measured)
    /// The sources of metrics that are read at each scrape.
    package var metricSources: [any MetricSource] = []

    package init(
        host: String,
        port: Int,
        secrets: SecretStore,
        clock: @escaping @Sendable () -> Instant
    ) {
        self.host = host
        self.port = port
        self.secrets = secrets
        self.clock = clock
    }
}
