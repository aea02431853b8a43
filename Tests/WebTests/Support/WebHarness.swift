import Billing
import Cryptography
import Foundation
import HTTPClient
import Logging
import SQLiteStorage
import ServiceLifecycle
import Storage
import StripeAPI
import Webhooks

@testable import Web

/// The service's web as it runs, on a port of its own, over a database of its own, with a clock that stands
/// still until a test moves it.
final class WebHarness: Sendable {
    /// The options of a test.
    struct Settings: Sendable {
        var now = TestClock.start
        /// One that others go by as well; else the service has one of its own.
        var clock: TestClock?
        var webhookSecrets = [WebHarness.webhookSecret]
        var linkSecrets = [WebHarness.linkSecret]
        var linkLifetimeSeconds: Int64 = 900
        var sessionLifetimeSeconds: Int64 = 3600
        /// Not the service's own address: links are followed by their path.
        var publicURL = "https://billing.example.com"
        var frameAncestors: [WebOrigin] = []
        var tokenIssuer: TokenIssuer?
        var merchant = Merchant.unnamed
        var chartScript: [UInt8]? = Array("var Chart;".utf8)
        var maxBodyBytes = 64 << 10
        var maxBodyBytesInFlight = 64 << 20
        var rateLimit: Int64?
        var writerLimits = EventBatches.Limits()
        var receipts: any ReceiptSource = NoReceiptSource()
        var intents: (any PaymentIntentSource)?
        var mailer: any ReceiptMailer = NoReceiptMailer()
        var receiptHosts = ReceiptHosts.stripe
        /// Puts something between the web and the source of receipts.
        var watching: @Sendable (any ReceiptSource) -> any ReceiptSource = { $0 }
        var metricsOpen = false
        var maxConnections = 256
        var deadlineSeconds: Int64 = 30
        var canAskStripe = true
        var jobKinds = Job.Kind.allCases
        var usageSource: UsageSyncSource? = UsageSyncSource(.indexer, chainID: "akashnet-2")
        var logger = Logger(label: "web-tests") { _ in SwiftLogNoOpLogHandler() }
        /// Puts something between the web and the database.
        var wrapping: @Sendable (SQLiteStore) -> any Store = { $0 }
    }

    static let webhookSecret = "whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdHM"
    static let linkSecret = "the link secret of the tests, 32 bytes and more"

    let port: Int
    let clock: TestClock
    let store: SQLiteStore
    /// Where the database is, and nothing else.
    let folder: URL
    let settings: Settings
    /// The current secrets, which can be changed while it runs.
    let secrets: SecretStore
    private let transport: CurlTransport

    private init(
        port: Int,
        clock: TestClock,
        secrets: SecretStore,
        store: SQLiteStore,
        folder: URL,
        settings: Settings,
        transport: CurlTransport
    ) {
        self.port = port
        self.clock = clock
        self.secrets = secrets
        self.store = store
        self.folder = folder
        self.settings = settings
        self.transport = transport
    }

    var baseURL: String { "http://127.0.0.1:\(port)" }

    /// Runs `body` against a service that is up, and takes everything down whatever happens.
    static func with<Result>(
        _ settings: Settings = Settings(),
        _ body: (WebHarness) async throws -> Result
    ) async throws -> Result {
        try await turns.withTurn {
            let folder = FileManager.default.temporaryDirectory.appending(path: "web-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let store = try SQLiteStore(
                path: folder.appending(path: "test.sqlite").path,
                limits: settings.writerLimits
            )
            let transport = try CurlTransport(.init(maxConcurrent: 64, maxConcurrentPerHost: 64))
            let result = await run(settings, store, folder, transport, body)
            await transport.shutdown()
            await store.close()
            return try result.get()
        }
    }

    private static func run<Result>(
        _ settings: Settings,
        _ store: SQLiteStore,
        _ folder: URL,
        _ transport: CurlTransport,
        _ body: (WebHarness) async throws -> Result
    ) async -> Swift.Result<Result, any Error> {
        let clock = settings.clock ?? TestClock(settings.now)
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        do {
            let secrets = try settings.secrets()
            let application = buildApplication(
                configuration(settings, secrets, clock),
                store: settings.wrapping(store),
                receipts: settings.watching(settings.receipts),
                intents: settings.intents,
                mailer: settings.mailer,
                logger: settings.logger,
                onServerRunning: { announce.yield($0) }
            )
            let services = ServiceGroup(services: [application], logger: settings.logger)
            let running = Task {
                defer { announce.finish() }
                try await services.run()
            }
            let outcome: Swift.Result<Result, any Error>
            if let port = await ports.first(where: { _ in true }) {
                let harness = WebHarness(
                    port: port,
                    clock: clock,
                    secrets: secrets,
                    store: store,
                    folder: folder,
                    settings: settings,
                    transport: transport
                )
                do {
                    outcome = .success(try await body(harness))
                } catch {
                    outcome = .failure(error)
                }
            } else {
                outcome = .failure(CancellationError())
            }
            await services.triggerGracefulShutdown()
            try await running.value
            return outcome
        } catch {
            return .failure(error)
        }
    }

    private static func configuration(
        _ settings: Settings,
        _ secrets: SecretStore,
        _ clock: TestClock
    ) -> WebConfiguration {
        var web = WebConfiguration(host: "127.0.0.1", port: 0, secrets: secrets) { clock.now }
        web.maxBodyBytes = settings.maxBodyBytes
        web.maxBodyBytesInFlight = settings.maxBodyBytesInFlight
        web.rateLimit = settings.rateLimit ?? web.rateLimit
        web.keyRateLimit = settings.rateLimit ?? web.keyRateLimit
        web.tokenIssuer = settings.tokenIssuer
        web.frameAncestors = settings.frameAncestors
        web.receiptHosts = settings.receiptHosts
        web.merchant = settings.merchant
        web.chartScript = settings.chartScript
        web.canAskStripe = settings.canAskStripe
        web.jobKinds = settings.jobKinds
        web.usageSource = settings.usageSource
        web.metricsOpen = settings.metricsOpen
        web.maxConnections = settings.maxConnections
        web.deadlineSeconds = settings.deadlineSeconds
        return web
    }

    // A hundred services at once would want more threads and files than a test machine has.
    private static let turns = Turns(6)
}

extension WebHarness.Settings {
    func secretSet() throws -> SecretsConfiguration {
        SecretsConfiguration(
            webhook: try webhookSecrets.map { try EndpointSecret($0) },
            links: linkSecrets.map { HMACKey(Array($0.utf8)) },
            keys: TestKey.all
        )
    }

    func secrets() throws -> SecretStore { SecretStore(try secretSet(), rules: rules, now: now) }

    private var rules: SigningRules {
        SigningRules(
            publicURL: publicURL,
            receiptLinkSeconds: linkLifetimeSeconds,
            exportLinkSeconds: 2_592_000,
            sessionSeconds: sessionLifetimeSeconds
        )
    }

    /// Signs as the service does, without counting uses.
    private var signers: ActiveSecrets {
        let set = SecretsConfiguration(
            webhook: [],
            links: linkSecrets.map { HMACKey(Array($0.utf8)) },
            keys: []
        )
        return SecretStore(set, rules: rules, now: now).active
    }

    /// Signs sessions as the service does.
    var sessionSigner: SessionSigner { signers.sessions }

    /// Signs links as the service does.
    var linkSigner: LinkSigner { signers.links }
}

// MARK: Asking

extension WebHarness {
    /// Requests a path, by default with the key that may read any customer.
    func get(_ path: String, key: TestKey? = .feed, headers: [TransportHeader] = []) async throws -> Answer {
        try await send(.get, path, headers: headers + (key?.headers ?? []))
    }

    /// The ids of a list's rows, in order.
    func ids(_ path: String, key: TestKey = .feed) async throws -> [String] {
        try await get(path, key: key).ids
    }

    /// The path and query of a link that was handed out: its base is another host's.
    func path(ofLink link: String) throws -> String {
        guard link.hasPrefix(settings.publicURL + "/") else { throw HarnessFailure.notALinkOfOurs }
        return String(link.dropFirst(settings.publicURL.count))
    }

    /// The signed link that the feed gives for a row's receipt, as a path.
    func receiptPath(_ id: String) async throws -> String {
        let row = try await get("/v1/transactions/\(id)").json
        return try path(ofLink: row["receipt"]?["url"]?.string ?? "")
    }

    func post(
        _ path: String,
        _ body: [UInt8] = [],
        key: TestKey? = nil,
        headers: [TransportHeader] = []
    ) async throws -> Answer {
        try await send(.post(body), path, headers: headers + (key?.headers ?? []))
    }

    func send(
        _ method: TransportRequest.Method,
        _ path: String,
        headers: [TransportHeader] = []
    ) async throws -> Answer {
        let limits = TransportLimits(totalTimeout: .seconds(30), maxBodyBytes: 64 << 20)
        return Answer(
            try await transport.send(
                TransportRequest(method, url: baseURL + path, headers: headers, limits: limits)
            )
        )
    }

    /// Opens a connection to write anything to.
    func connect() throws -> RawConnection { try RawConnection(port: port) }

    /// Sends one request as it stands on a connection of its own.
    func exchange(_ request: String) async throws -> Answer {
        let connection = try connect()
        await connection.send(request)
        return try await connection.answer(toHead: request.hasPrefix("HEAD "))
    }
}

// MARK: Delivering

extension WebHarness {
    static let webhookPath = "/v1/stripe-webhook"

    /// The `Stripe-Signature` header that Stripe would send now.
    func signature(of body: [UInt8], secret: String? = nil, age: Int64 = 0) throws -> String {
        let secret = try EndpointSecret(secret ?? settings.webhookSecrets[0])
        return PayloadSigner(secret: secret).header(
            for: body,
            at: clock.now.adding(seconds: age.negatedClamped)
        )
    }

    /// Delivers a body as Stripe does.
    @discardableResult
    func deliver(_ body: [UInt8], headers: [TransportHeader] = []) async throws -> Answer {
        let signed = TransportHeader("Stripe-Signature", try signature(of: body))
        return try await post(Self.webhookPath, body, headers: headers + [signed])
    }

    @discardableResult
    func deliver(_ body: String) async throws -> Answer { try await deliver(Array(body.utf8)) }

    /// Delivers events, of which each must be acknowledged.
    func deliver(_ events: [MadeEvent]) async throws {
        for event in events {
            let answer = try await deliver(event.body)
            guard answer.status == 200 else { throw HarnessFailure.notAcknowledged(answer.text) }
        }
    }
}

extension WebHarness {
    /// Delivers events from many sides at once, for tests that need many and no order.
    func deliverAtOnce(_ events: [MadeEvent]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for side in 0..<32 {
                group.addTask {
                    for index in stride(from: side, to: events.count, by: 32) {
                        try await self.deliver([events[index]])
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

/// An answer with which a test cannot continue.
enum HarnessFailure: Error {
    case notAcknowledged(String)
    case notAList(String)
    case notALinkOfOurs
    case notAKey
}

/// Lets a number of tests run at once, and the others wait.
private actor Turns {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    nonisolated func withTurn<Result>(_ body: () async throws -> Result) async throws -> Result {
        await take()
        do {
            let result = try await body()
            await giveBack()
            return result
        } catch {
            await giveBack()
            throw error
        }
    }

    private func take() async {
        if free > 0 {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
