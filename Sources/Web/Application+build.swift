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

/// All that the web needs from outside, decided by whoever puts the service together.
package struct WebConfiguration: Sendable {
    package var host: String
    package var port: Int
    package var maxBodyBytes: Int
    /// What all request bodies together may take until they have arrived.
    package var maxBodyBytesInFlight: Int
    /// Units a minute of each caller; `nil` for what ``RequestLimits/Rates`` says.
    package var rateLimit: Int64?
    /// Those that deliveries, links, sessions and callers are told by; they may be changed while it runs.
    package var secrets: CurrentSecrets
    /// Whose bearer tokens are taken; `nil` for nobody's.
    package var tokenIssuer: TokenIssuer?
    /// Which other sites may show the page in a frame; none unless told.
    package var frameAncestors: [WebOrigin]
    package var receiptHosts: ReceiptHosts
    /// Who issues receipts.
    package var seller: Seller
    /// The file of Chart.js; `nil` where it is not installed.
    package var chartScript: [UInt8]?
    /// Whether there is a key of Stripe's, so that runs of upkeep can be asked for.
    package var canAskStripe: Bool
    /// Whether operators are told alerts.
    package var tellsAlerts: Bool
    /// Whom usage is synced from; `nil` for nobody.
    package var usageSource: UsageSyncSource?
    /// Where bodies went that the store let go of; `nil` for nowhere.
    package var archive: (any ErasableArchive)?
    /// Whether direct loopback peers read `/metrics` without a key.
    package var metricsOpen: Bool
    /// Connections open at once; those over it wait to be accepted.
    package var maxConnections: Int
    /// How long a connection may stand idle, a request take to arrive, and an answer wait to be read.
    package var deadlineSeconds: Int64
    package var clock: @Sendable () -> Instant
    /// What is measured as it happens.
    package var metrics: PrometheusRegistry
    /// What can be read at any moment.
    package var metricSources: [any MetricSource]

    package init(
        host: String,
        port: Int,
        maxBodyBytes: Int = 1 << 20,
        maxBodyBytesInFlight: Int = 64 << 20,
        rateLimit: Int64? = nil,
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

/// Puts the routes together.
///
/// - Parameters:
///   - configuration: What the web needs from outside.
///   - store: What is read and written.
///   - receipts: Where receipts are had from.
///   - intents: Where PaymentIntents are had from; `nil` where there is no key for Stripe's API.
///   - mailer: What has receipts e-mailed.
///   - logger: Where it says what happens.
///   - onServerRunning: Called with the port, once it listens.
/// - Returns: The application, which has not begun to listen.
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

/// How many connections may be open at once.
///
/// Never all that the process has descriptors for: the store, a backup and the way to Stripe need some too, and
/// those who wait to be accepted wait in the kernel.
private func connectionLimit(wanted: Int) -> Int {
    let reserved = 64
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return wanted }
    if limit.rlim_cur < limit.rlim_max {
        // Service managers leave the soft limit at 1024 for programs that use select(), which we do not.
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
        RequestLimits.Rates(configuration.rateLimit),
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
    // A router's middleware covers only the routes added after it, and this one needs to know them all.
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
