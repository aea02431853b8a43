package import Billing
package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import PrometheusMetrics
package import Storage

#if canImport(Glibc)
import Glibc
#endif

/// The dependencies and settings of the web server, which the caller of `buildApplication` chooses.
package struct WebConfiguration: Sendable {
    package var host: String
    package var port: Int
    package var maxBodyBytes: Int
    /// The bytes that all request bodies together may take while they arrive.
    package var maxBodyBytesInFlight: Int
    /// The limit of each user, customer and address in units a minute.
    package var rateLimit: Int64
    /// The limit of each API key that names no user, in units a minute.
    package var keyRateLimit: Int64
    /// The secrets for webhook signatures, links, sessions and API keys; reloadable at run time.
    package var secrets: CurrentSecrets
    /// The issuer whose bearer tokens are accepted; `nil` if none are.
    package var tokenIssuer: TokenIssuer?
    /// The other sites that may show the page in a frame; none by default.
    package var frameAncestors: [WebOrigin]
    package var receiptHosts: ReceiptHosts
    /// The merchant named on receipts.
    package var seller: Seller
    /// The contents of Chart.js; `nil` if the library is not installed.
    package var chartScript: [UInt8]?
    /// Whether there is a key for Stripe's API, which backfills and reconciliations need.
    package var canAskStripe: Bool
    /// Whether alerts are sent to operators.
    package var tellsAlerts: Bool
    /// The source from which usage is synced; `nil` if none is configured.
    package var usageSource: UsageSyncSource?
    /// The archive that receives the bodies of events when the store deletes them; `nil` if there is none.
    package var archive: (any ErasableArchive)?
    /// Whether direct loopback peers read `/metrics` without a key.
    package var metricsOpen: Bool
    /// The maximum number of open connections; further ones wait in the kernel.
    package var maxConnections: Int
    /// The limit in seconds for a request to arrive, for an answer to be read, and for an idle connection.
    package var deadlineSeconds: Int64
    package var clock: @Sendable () -> Instant
    /// The registry of metrics that are recorded as events happen.
    package var metrics: PrometheusRegistry
    /// The sources of metrics that are read at each scrape.
    package var metricSources: [any MetricSource]

    package init(
        host: String,
        port: Int,
        maxBodyBytes: Int = 1 << 20,
        maxBodyBytesInFlight: Int = 64 << 20,
        rateLimit: Int64 = 6000,
        keyRateLimit: Int64 = 120_000,
        secrets: CurrentSecrets,
        tokenIssuer: TokenIssuer? = nil,
        frameAncestors: [WebOrigin] = [],
        receiptHosts: ReceiptHosts = .stripe,
        seller: Seller = .unnamed,
        chartScript: [UInt8]? = nil,
        canAskStripe: Bool = true,
        tellsAlerts: Bool = true,
        usageSource: UsageSyncSource? = nil,
        archive: (any ErasableArchive)? = nil,
        metricsOpen: Bool = false,
        maxConnections: Int = 4096,
        deadlineSeconds: Int64 = 30,
        clock: @escaping @Sendable () -> Instant,
        metrics: PrometheusRegistry = PrometheusRegistry(MetricCatalog.measured),
        metricSources: [any MetricSource] = []
    ) {
        self.host = host
        self.port = port
        self.maxBodyBytes = maxBodyBytes
        self.maxBodyBytesInFlight = maxBodyBytesInFlight
        self.rateLimit = rateLimit
        self.keyRateLimit = keyRateLimit
        self.secrets = secrets
        self.tokenIssuer = tokenIssuer
        self.frameAncestors = frameAncestors
        self.receiptHosts = receiptHosts
        self.seller = seller
        self.chartScript = chartScript
        self.canAskStripe = canAskStripe
        self.tellsAlerts = tellsAlerts
        self.usageSource = usageSource
        self.archive = archive
        self.metricsOpen = metricsOpen
        self.maxConnections = maxConnections
        self.deadlineSeconds = deadlineSeconds
        self.clock = clock
        self.metrics = metrics
        self.metricSources = metricSources
    }
}

/// Builds the routes and the application.
///
/// - Parameters:
///   - configuration: The web server's settings and dependencies.
///   - store: The store of events, transactions, usage and jobs.
///   - receipts: The source of fresh receipt URLs.
///   - intents: The source of PaymentIntents; `nil` if there is no key for Stripe's API.
///   - mailer: Asks Stripe to e-mail receipts.
///   - logger: The logger of the application and its controllers.
///   - onServerRunning: Called with the port, once the server listens.
/// - Returns: The application, which does not listen yet.
package func buildApplication(
    _ configuration: WebConfiguration,
    store: any Store,
    receipts: any ReceiptSource,
    intents: (any PaymentIntentSource)?,
    mailer: any ReceiptMailer,
    logger: Logger,
    onServerRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
    let routes = buildRoutes(
        configuration,
        store: store,
        receipts: receipts,
        intents: intents,
        mailer: mailer,
        logger: logger
    )
    let deadlines = ConnectionGuard.Deadlines(
        request: .seconds(configuration.deadlineSeconds),
        write: .seconds(configuration.deadlineSeconds)
    )
    let http1 = HTTP1Channel.Configuration(
        additionalChannelHandlers: [ConnectionGuardPlacement(deadlines: deadlines)],
        idleTimeout: .seconds(configuration.deadlineSeconds),
        httpDecoderConfiguration: .init(
            maxHeaderFieldSize: 16 << 10,
            maxHeaderListSize: 64 << 10,
            maxHeaderFieldCount: 100
        )
    )
    return Application(
        router: routes.router,
        server: HTTPServerBuilder { responder in
            AcceptedHTTP1(base: HTTP1Channel(responder: responder, configuration: http1))
        },
        configuration: .init(
            address: .hostname(configuration.host, port: configuration.port),
            availableConnectionsDelegate: MaximumAvailableConnections(
                connectionLimit(wanted: configuration.maxConnections),
                logger: logger
            )
        ),
        onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? 0) },
        logger: logger
    )
}

/// The maximum number of open connections.
///
/// It is less than the process's limit of file descriptors, because the store, a backup and requests to
/// Stripe need descriptors too. Further connections wait in the kernel's accept queue.
private func connectionLimit(wanted: Int) -> Int {
    let reserved = 64
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return wanted }
    if limit.rlim_cur < limit.rlim_max {
        // Service managers set the soft limit to 1024 for programs that use select(), which this one does
        // not.
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        getrlimit(resource, &limit)
    }
    return max(1, min(wanted, Int(clamping: limit.rlim_cur) - reserved))
}

private func buildRoutes(
    _ configuration: WebConfiguration,
    store: any Store,
    receipts: any ReceiptSource,
    intents: (any PaymentIntentSource)?,
    mailer: any ReceiptMailer,
    logger: Logger
) -> Routes {
    let publicURL = configuration.secrets.rules.publicURL
    let authenticator = Authenticator(
        publicURL: publicURL,
        cookie: SessionCookie(
            publicURL: publicURL,
            isFramed: !configuration.frameAncestors.isEmpty
        ),
        customers: store,
        tokens: configuration.tokenIssuer.map { TokenAuthority($0, customers: store, logger: logger) }
    )
    let instruments = WebInstruments(configuration.metrics)
    let limits = RequestLimits(
        RequestLimits.Rates(caller: configuration.rateLimit, key: configuration.keyRateLimit),
        bodies: BodyBudget(limit: configuration.maxBodyBytesInFlight)
    )
    let assets = Assets(chartScript: configuration.chartScript)
    let root = WebOrigin.path(of: publicURL)
    let assetLinks = assets.links(under: root)
    let description = OpenAPIController(under: root)
    let pages = PageResponse(frameAncestors: configuration.frameAncestors.map(\.description))
    let emailer = ReceiptEmailer(feed: store, mailer: mailer)
    let access = TransactionAccess(feed: store, authenticator: authenticator)
    let readiness = Readiness { try await store.checkReady() }
    var routes = Routes()
    var table = Routes()
    func addRoutes(to routes: inout Routes) {
        WebhookController(
            log: store,
            instruments: instruments,
            maxBodyBytes: configuration.maxBodyBytes
        ).addRoutes(to: &routes)
        CustomerSessionsController(authenticator: authenticator).addRoutes(to: &routes)
        CustomersController(map: store, usage: store, authenticator: authenticator).addRoutes(to: &routes)
        TransactionsController(feed: store, authenticator: authenticator).addRoutes(to: &routes)
        ReceiptController(
            access: access,
            source: receipts,
            hosts: configuration.receiptHosts,
            log: store,
            seller: configuration.seller,
            assets: assetLinks,
            pages: pages,
            instruments: instruments
        ).addRoutes(to: &routes)
        NextActionController(
            access: access,
            intents: intents,
            assets: assetLinks,
            pages: pages,
            instruments: instruments
        ).addRoutes(to: &routes)
        ReceiptEmailController(authenticator: authenticator, emailer: emailer).addRoutes(to: &routes)
        BillingController(
            feed: store,
            usage: store,
            links: store,
            authenticator: authenticator,
            emailer: emailer,
            assets: assetLinks,
            pages: pages
        ).addRoutes(to: &routes)
        ConsoleTransactionsController(feed: store, authenticator: authenticator).addRoutes(to: &routes)
        SecretsController(secrets: configuration.secrets, authenticator: authenticator).addRoutes(to: &routes)
        EventsController(
            log: store,
            work: store,
            alerts: configuration.tellsAlerts ? store : nil,
            authenticator: authenticator
        ).addRoutes(to: &routes)
        BackupController(source: store as? any BackupSource, authenticator: authenticator).addRoutes(
            to: &routes
        )
        UpkeepController(
            runs: store,
            authenticator: authenticator,
            canAskStripe: configuration.canAskStripe
        ).addRoutes(to: &routes)
        MetricsController(
            sources: [configuration.metrics, EventMetrics(log: store)]
                + [UpkeepMetrics(work: store, runs: store, now: configuration.clock)]
                + [UsageSyncMetrics(runs: store, clock: configuration.clock)]
                + [AlertMetrics(runs: configuration.tellsAlerts ? store : nil, clock: configuration.clock)]
                + [SecretMetrics(secrets: configuration.secrets), LimitMetrics(limits: limits)]
                + [RetentionMetrics(retention: store, runs: store)]
                + configuration.metricSources,
            authenticator: authenticator,
            isOpenToLoopback: configuration.metricsOpen
        ).addRoutes(to: &routes)
        UsageIntakeController(usage: store, authenticator: authenticator).addRoutes(to: &routes)
        UsageController(usage: store, authenticator: authenticator).addRoutes(to: &routes)
        ConsoleUsageController(usage: store, authenticator: authenticator).addRoutes(to: &routes)
        BalanceController(feed: store, usage: store, authenticator: authenticator).addRoutes(to: &routes)
        UsageSyncController(
            runs: store,
            usage: store,
            authenticator: authenticator,
            source: configuration.usageSource
        ).addRoutes(to: &routes)
        ErasuresController(
            eraser: CustomerEraser(store: store, archive: configuration.archive),
            authenticator: authenticator
        ).addRoutes(to: &routes)
        HealthController(readiness: readiness).addRoutes(to: &routes)
        AssetsController(assets: assets).addRoutes(to: &routes)
        description.addRoutes(to: &routes)
    }
    // Middleware covers only the routes that are added after it, and this middleware needs the table of all
    // routes: so the routes are first added to a separate table.
    addRoutes(to: &table)
    routes.router.add(
        middleware: RequestMiddleware(
            clock: configuration.clock,
            secrets: configuration.secrets,
            routes: table.table,
            limits: limits,
            instruments: instruments
        )
    )
    addRoutes(to: &routes)
    return routes
}
