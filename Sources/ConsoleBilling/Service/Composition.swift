import Billing
import CoreMetrics
import Foundation
import HTTPClient
import Logging
import PostgresStorage
import PrometheusMetrics
import SQLiteStorage
import ServiceLifecycle
import Storage
import StripeAPI
import Synchronization
import UnixSignals
import BackgroundJobs
import Web

#if canImport(Glibc)
import Glibc
#endif

/// Builds the service from its parts, and runs it.
struct Daemon {
    let configuration: ServiceConfiguration
    let logger: Logger

    init(_ configuration: ServiceConfiguration) {
        self.configuration = configuration
        logger = Self.logger(configuration)
    }

    /// Runs until the process receives SIGTERM or SIGINT, or a part fails; the sources are read again to
    /// reload secrets.
    func run(
        _ sources: SettingSources,
        contents: SettingSources.Contents,
        onListening: @escaping @Sendable () -> Void
    ) async throws {
        for sentence in SettingNames.unread(in: sources.environment) { logger.warning("\(sentence)") }
        let clock: @Sendable () -> Instant = { .now }
        // From here on SIGHUP reloads the secrets instead of ending the process.
        let hangUps = await UnixSignalsSequence(trapping: .sighup)
        let secrets = SecretStore(configuration.secrets, rules: configuration.signingRules, now: clock())
        let metrics = PrometheusRegistry(MetricCatalog.measured)
        MetricsSystem.bootstrap(metrics)
        let failStop = FailStop()
        let store = try await openStore { failStop.trip($0) }
        let needsTransport =
            configuration.stripeKey != nil || configuration.tokens != nil || configuration.alerts != nil
            || !configuration.forwarding.isEmpty
        let transport = needsTransport ? try CurlTransport() : nil

        var receipts: any ReceiptSource = NoReceiptSource()
        var intents: (any PaymentIntentSource)?
        var mailer: any ReceiptMailer = NoReceiptMailer()
        var services: [any ServiceLifecycle.Service] = [StoreService(store: store), failStop]
        var workers: [any JobWorker] = []
        if let transport { services.insert(TransportService(transport: transport), at: 1) }
        if let transport, let key = configuration.stripeKey {
            if key.isOrganization {
                logger.warning(
                    """
                    STRIPE_SECRET_KEY is an organisation's: Stripe is asked on behalf of the account that an event names, \
                    backfill and reconcile need --account, and neither starts by itself
                    """
                )
            }
            receipts = ReceiptFetcher(
                stripe: stripe(transport, key, limits: .forPeople),
                hosts: configuration.receiptHosts,
                clock: clock
            )
            intents = PaymentIntentFetcher(stripe: stripe(transport, key, limits: .forPeople))
            mailer = StripeReceiptMailer(stripe: stripe(transport, key, limits: .forPeople))
            workers.append(
                MissingObjectFetcher(
                    store: store,
                    stripe: stripe(transport, key, limits: TransportLimits()),
                    livemode: configuration.livemode,
                    runtime: runtime,
                    logger: logger
                )
            )
            workers.append(
                catchUpWorker(store: store, transport: transport, key: key, schedule: configuration.schedule)
            )
        } else {
            logger.warning(
                "STRIPE_SECRET_KEY is not set: nothing is fetched from Stripe, and receipts come from stored links"
            )
        }
        if let transport, let alerts = configuration.alerts {
            workers += alertWorkers(alerts, store: store, transport: transport)
        }
        if let transport { workers += forwardWorkers(store: store, transport: transport) }
        if let sync = configuration.usageSync {
            let (worker, sources) = try usageSync(sync, store: store)
            workers.append(worker)
            services += sources
        }
        if let console = configuration.consoleImport {
            let (worker, closing) = consoleImport(console, store: store)
            workers.append(worker)
            services.append(closing)
        }
        if let rules = configuration.retention {
            workers.append(RetentionWorker(store: store, rules: rules, runtime: runtime, logger: logger))
        }
        // A runner without workers would end at once, and with it the service.
        if !workers.isEmpty {
            services.append(JobRunner(workers, store: store, runtime: runtime, logger: logger))
        }
        let environment = ProcessInfo.processInfo.environment
        let systemd = NotifySocket(environment["NOTIFY_SOCKET"])
        if let systemd, let interval = Watchdog.interval(in: environment, process: getpid()) {
            services.append(
                Watchdog(socket: systemd, interval: interval) {
                    (try? await store.checkReady()) != nil
                } pause: {
                    try await Task.sleep(for: $0)
                }
            )
        }
        services.append(
            SecretRotation(
                sources,
                contents: contents,
                secrets: secrets,
                signals: hangUps,
                logger: logger,
                runtime: SecretRotation.Runtime(now: clock)
            )
        )
        services.append(
            buildApplication(
                web(clock, secrets, transport, metrics, jobKinds: Array(Set(workers.flatMap(\.kinds)))),
                store: store,
                receipts: receipts,
                intents: intents,
                mailer: mailer,
                logger: logger,
                onServerRunning: { [logger, configuration] port in
                    logger.notice(
                        "listening",
                        metadata: ["host": "\(configuration.host)", "port": "\(port)"]
                    )
                    onListening()
                    systemd?.say(.ready)
                }
            )
        )
        try await run(services, failStop)
    }

    private func run(_ services: [any ServiceLifecycle.Service], _ failStop: FailStop) async throws {
        // If one part ends, all are shut down gracefully, in order: a server that is cancelled instead drops
        // open requests.
        let parts = services.map { service in
            ServiceGroupConfiguration.ServiceConfiguration(
                service: service,
                successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup
            )
        }
        var group = ServiceGroupConfiguration(
            services: parts,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        group.maximumGracefulShutdownDuration = .seconds(30)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            if let cause = failStop.cause { throw Self.stopped(by: cause) }
            throw CommandFailure(
                Sysexits.unavailable,
                ListenFault.sentence(host: configuration.host, port: configuration.port)
                    ?? "The service ended because a part of it failed (\(type(of: error)))."
            )
        }
        // The failure may have occurred during the shutdown.
        if let cause = failStop.cause { throw Self.stopped(by: cause) }
        logger.notice("stopped")
    }

    /// The service stopped itself because going on could have lost an event.
    private static func stopped(by cause: StoreError) -> CommandFailure {
        let message =
            switch cause.code {
            case .moved:
                "stopped: the database was deleted or replaced while it was in use, and nothing more is acknowledged. "
                    + "Put it back, or restore a backup, before you start again."
            default:
                "stopped: \(cause). What was acknowledged is on disk; look at the disk, then start again."
            }
        return CommandFailure(Sysexits.internalError, message)
    }

    var runtime: JobRunner.Runtime { JobRunner.Runtime(now: { .now }) }

    func openStore(onFailure: @escaping @Sendable (StoreError) -> Void) async throws -> any Store {
        let projection = ProjectionPolicy(
            livemode: configuration.livemode,
            // Without a key nothing fetches the customers, and the queue would only grow.
            asksForCustomers: configuration.stripeKey != nil
        )
        do {
            switch configuration.database {
            case .sqlite(let path):
                let isNew = access(path, F_OK) != 0
                let store = try SQLiteStore(path: path, projection: projection, onFailure: onFailure)
                if isNew { logger.notice("created a new database", metadata: ["path": "\(path)"]) }
                return store
            case .postgres(let url):
                // An unavailable PostgreSQL server may return, or a failover may replace it: log the fault
                // and keep running.
                let faults = FaultLog(logger)
                return try await PostgresStore.open(url, projection: projection) { faults.note($0) }
            }
        } catch let error as StoreError {
            throw CommandFailure(
                Sysexits.unavailable,
                "\(error): does DATABASE_URL name a database of console-billing's?"
            )
        } catch {
            throw CommandFailure(Sysexits.unavailable, "\(error)")
        }
    }

    private func web(
        _ clock: @escaping @Sendable () -> Instant,
        _ secrets: SecretStore,
        _ transport: CurlTransport?,
        _ metrics: PrometheusRegistry,
        jobKinds: [Job.Kind]
    ) -> WebConfiguration {
        let chartScript = ChartScript.find(configured: configuration.chartJSPath)
        if chartScript == nil {
            logger.notice(
                "Chart.js is not installed (Debian: libjs-chart.js; or CHART_JS_PATH): the page shows tables alone"
            )
        }
        var web = WebConfiguration(
            host: configuration.host,
            port: configuration.port,
            secrets: secrets,
            clock: clock
        )
        web.livemode = configuration.livemode ?? false
        web.maxBodyBytes = configuration.maxBodyBytes
        web.maxBodyBytesInFlight = configuration.maxBodyBytesInFlight
        web.rateLimit = configuration.rateLimit
        web.keyRateLimit = configuration.keyRateLimit
        if let transport, let tokens = configuration.tokens {
            let keys = IssuerKeys(transport: transport, address: tokens.keysAddress)
            web.tokenIssuer = TokenIssuer(rules: tokens.rules, keys: keys.document)
        }
        web.frameAncestors = configuration.frameAncestors
        web.receiptHosts = configuration.receiptHosts
        web.merchant = configuration.merchant
        web.chartScript = chartScript
        web.canAskStripe = configuration.stripeKey != nil
        web.usageSource = configuration.usageSync?.source
        web.readsConsole = configuration.consoleImport != nil
        web.jobKinds = jobKinds
        web.archive = configuration.archive
        web.metricsOpen = configuration.metricsOpen
        web.metrics = metrics
        web.metricSources = [
            DatabaseMetrics(path: configuration.database.path), ProcessMetrics(), ProgramMetrics(),
        ]
        return web
    }

    func stripe(
        _ transport: CurlTransport,
        _ key: StripeSecretKey,
        limits: TransportLimits
    ) -> StripeClient {
        StripeClient(
            transport: transport,
            base: configuration.stripeAPIBase,
            key: key,
            version: configuration.stripeAPIVersion,
            limits: limits
        )
    }

    private static func logger(_ configuration: ServiceConfiguration) -> Logger {
        let format = configuration.logFormat ?? (isatty(STDERR_FILENO) == 1 ? .pretty : .json)
        return Logger(label: "console-billing") { label in
            LineLogHandler(label: label, format: format, logLevel: configuration.logLevel)
        }
    }
}

extension TransportLimits {
    /// For requests that a person waits for.
    static let forPeople = TransportLimits(connectTimeout: .seconds(2), totalTimeout: .seconds(4))
}

/// Logs a fault of the database only when it differs from the last one.
private final class FaultLog: Sendable {
    private let logger: Logger
    private let last = Mutex<PostgresStartError?>(nil)

    init(_ logger: Logger) { self.logger = logger }

    func note(_ fault: PostgresStartError) {
        let isNew = last.withLock { last in
            defer { last = fault }
            return last != fault
        }
        if isNew { logger.error("database", metadata: ["fault": "\(fault)"]) }
    }
}

/// Closes the store when everything that uses it has stopped.
private struct StoreService: ServiceLifecycle.Service {
    let store: any Store

    func run() async throws {
        try? await gracefulShutdown()
        await store.close()
    }
}

/// Ends the connections to other services when everything that uses them has stopped.
struct TransportService: ServiceLifecycle.Service {
    let transport: CurlTransport

    func run() async throws {
        try? await gracefulShutdown()
        await transport.shutdown(grace: .seconds(2))
    }
}
