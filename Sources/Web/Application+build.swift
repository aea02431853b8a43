package import Billing
package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import PrometheusMetrics
package import Storage

/// Builds the routes and the application, which does not listen yet.
package func buildApplication(
    _ configuration: WebConfiguration,
    store: any Store,
    receipts: any ReceiptSource,
    intents: (any PaymentIntentSource)?,
    mailer: any ReceiptMailer,
    logger: Logger,
    onServerRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
    let instruments = WebInstruments(configuration.metrics)
    let limits = RequestLimits(
        RequestLimits.Rates(caller: configuration.rateLimit, key: configuration.keyRateLimit),
        bodies: BodyBudget(limit: configuration.maxBodyBytesInFlight)
    )
    let deliveries = WebhookController(
        log: store,
        secrets: configuration.secrets,
        bodies: limits.bodies,
        maxBodyBytes: configuration.maxBodyBytes,
        clock: configuration.clock,
        instruments: instruments,
        logger: logger
    )
    let mailboxes = LoopMailboxes()
    let router = buildRouter(
        configuration,
        limits,
        instruments,
        store: store,
        receipts: receipts,
        intents: intents,
        mailer: mailer,
        logger: logger
    )
    let deadline = TimeAmount.seconds(configuration.deadlineSeconds)
    let deadlines = RequestLimitsHandler.Deadlines(idle: deadline, request: deadline, write: deadline)
    let http1 = HTTP1Channel.Configuration(
        additionalChannelHandlers: [
            RequestLimitsHandlerPlacement(
                deadlines: deadlines,
                inner: [DeliveryHandler(deliveries, mailboxes)]
            )
        ],
        httpDecoderConfiguration: .init(
            maxHeaderFieldSize: 16 << 10,
            maxHeaderListSize: 64 << 10,
            maxHeaderFieldCount: 100
        )
    )
    return Application(
        router: router,
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

private func buildRouter(
    _ configuration: WebConfiguration,
    _ limits: RequestLimits,
    _ instruments: WebInstruments,
    store: any Store,
    receipts: any ReceiptSource,
    intents: (any PaymentIntentSource)?,
    mailer: any ReceiptMailer,
    logger: Logger
) -> Router<AppContext> {
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
    let assets = Assets(chartScript: configuration.chartScript)
    let root = WebOrigin.path(of: publicURL)
    let assetLinks = assets.links(under: root)
    let description = OpenAPIController(under: root)
    let pages = PageResponse(frameAncestors: configuration.frameAncestors.map(\.description))
    let emailer = ReceiptEmailer(feed: store, mailer: mailer)
    let access = TransactionAccess(feed: store, authenticator: authenticator)
    let readiness = Readiness { try await store.checkReady() }
    let routes = Routes(authenticator: authenticator)
    // Middleware stands in front of the routes that are added after it.
    routes.router.add(
        middleware: RequestMiddleware(
            clock: configuration.clock,
            secrets: configuration.secrets,
            limits: limits,
            instruments: instruments
        )
    )
    CustomerSessionsController().addRoutes(to: routes)
    CustomersController(map: store, usage: store).addRoutes(to: routes)
    TransactionsController(feed: store).addRoutes(to: routes)
    func problems(_ title: String) -> ProblemPages {
        ProblemPages(title: title, assets: assetLinks, pages: pages, instruments: instruments)
    }
    ReceiptController(
        access: access,
        source: receipts,
        hosts: configuration.receiptHosts,
        log: store,
        merchant: configuration.merchant,
        assets: assetLinks,
        pages: pages,
        instruments: instruments,
        problems: problems("Receipt")
    ).addRoutes(to: routes)
    NextActionController(access: access, intents: intents, problems: problems("Payment"))
        .addRoutes(to: routes)
    ReceiptEmailController(emailer: emailer).addRoutes(to: routes)
    BillingController(
        feed: store,
        usage: store,
        observations: store,
        links: store,
        authenticator: authenticator,
        emailer: emailer,
        assets: assetLinks,
        pages: pages
    ).addRoutes(to: routes)
    ConsoleTransactionsController(feed: store).addRoutes(to: routes)
    SecretsController(secrets: configuration.secrets).addRoutes(to: routes)
    EventsController(log: store).addRoutes(to: routes)
    BackupController(source: store as? any BackupSource).addRoutes(to: routes)
    JobsController(jobs: store, canAskStripe: configuration.canAskStripe).addRoutes(to: routes)
    MetricsController(
        sources: [
            configuration.metrics, EventMetrics(log: store),
            JobMetrics(
                jobs: store,
                retention: store,
                kinds: configuration.jobKinds,
                now: configuration.clock
            ),
            SecretMetrics(secrets: configuration.secrets), LimitMetrics(limits: limits),
        ] + configuration.metricSources,
        authenticator: authenticator,
        isOpenToLoopback: configuration.metricsOpen
    ).addRoutes(to: routes)
    UsageIntakeController(usage: store).addRoutes(to: routes)
    UsageController(usage: store).addRoutes(to: routes)
    ConsoleUsageController(usage: store).addRoutes(to: routes)
    BalanceController(feed: store, usage: store, observations: store).addRoutes(to: routes)
    ForecastController(feed: store, usage: store, observations: store).addRoutes(to: routes)
    ObservedBalancesController(observations: store).addRoutes(to: routes)
    ConsoleImportsController(jobs: store, isConfigured: configuration.readsConsole).addRoutes(to: routes)
    CreditsController(store: store, livemode: configuration.livemode).addRoutes(to: routes)
    UsageSyncController(jobs: store, usage: store, source: configuration.usageSource).addRoutes(to: routes)
    ErasuresController(eraser: CustomerEraser(store: store, archive: configuration.archive))
        .addRoutes(to: routes)
    HealthController(readiness: readiness).addRoutes(to: routes)
    AssetsController(assets: assets).addRoutes(to: routes)
    description.addRoutes(to: routes)
    routes.router.add(middleware: UnroutedRequests(routes: routes.router.routes))
    return routes.router
}
