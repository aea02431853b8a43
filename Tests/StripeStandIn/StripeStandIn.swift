import Hummingbird
import ServiceLifecycle

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A server on this machine that answers the part of Stripe's API we use.
///
/// It is a stand-in and not Stripe.
/// It is stricter than Stripe where that finds our mistakes: a request without `Stripe-Version` is refused.
package final class StripeStandIn: Sendable {
    package struct Configuration: Sendable {
        /// Where the links in its objects lead.
        package enum Links: Sendable {
            /// To Stripe's hosts, where they find nothing.
            case stripe
            /// To its own pages, which name their kind.
            case ownPages
            /// To some other base, without a slash at its end.
            case base(String)
        }

        package var port: Int
        package var key: String
        package var links: Links
        /// Whether an unknown charge or payment intent is generated instead of missing.
        package var makesUpUnknown: Bool
        /// Keys it accepts besides.
        package var furtherKeys: [APIKey]
        /// The accounts that may be asked on behalf of, as the header names them; nil for any.
        package var connectedAccounts: Set<String>?
        /// How many requests a second it answers; nil for all.
        package var rate: RequestRate?
        /// The time, in unix seconds: objects older than thirty days by it are not listed as events.
        package var now: @Sendable () -> Int64
        /// How far `Date` is from ``now``.
        package var dateSkewSeconds: Int64
        /// The clock of the rate limit.
        package var uptime: @Sendable () -> ContinuousClock.Instant

        package init(
            port: Int = 0,
            key: String = "sk_test_standin",
            links: Links = .stripe,
            makesUpUnknown: Bool = false,
            furtherKeys: [APIKey] = [],
            connectedAccounts: Set<String>? = nil,
            rate: RequestRate? = nil,
            now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) },
            dateSkewSeconds: Int64 = 0,
            uptime: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
        ) {
            self.port = port
            self.key = key
            self.links = links
            self.makesUpUnknown = makesUpUnknown
            self.furtherKeys = furtherKeys
            self.connectedAccounts = connectedAccounts
            self.rate = rate
            self.now = now
            self.dateSkewSeconds = dateSkewSeconds
            self.uptime = uptime
        }
    }

    /// The port it is bound to, also when any was asked for.
    package let port: Int
    private let world: StandInWorld
    private let services: ServiceGroup
    private let running: Task<Void, any Error>

    private init(port: Int, world: StandInWorld, services: ServiceGroup, running: Task<Void, any Error>) {
        self.port = port
        self.world = world
        self.services = services
        self.running = running
    }

    package var baseURL: String { "http://127.0.0.1:\(port)" }

    /// Starts one and returns when it takes connections.
    package static func start(_ configuration: Configuration = Configuration()) async throws -> StripeStandIn
    {
        let world = StandInWorld(configuration)
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        var application = Application(
            router: StandInRoutes(world: world).router(),
            server: .http1(
                configuration: .init(additionalChannelHandlers: [DateHandler(configuration)])
            ),
            configuration: ApplicationConfiguration(
                address: .hostname("127.0.0.1", port: configuration.port)
            ),
            onServerRunning: { channel in announce.yield(channel.localAddress?.port ?? 0) }
        )
        application.logger.logLevel = .error
        let services = ServiceGroup(services: [application], logger: application.logger)
        let running = Task {
            defer { announce.finish() }
            try await services.run()
        }
        for await port in ports {
            world.serves(at: "http://127.0.0.1:\(port)")
            return StripeStandIn(port: port, world: world, services: services, running: running)
        }
        // The stream ended without a port, so the server ended with an error.
        try await running.value
        throw CancellationError()
    }

    /// Starts one for as long as `body` runs.
    package static func with<Result>(
        _ configuration: Configuration = Configuration(),
        _ body: (StripeStandIn) async throws -> Result
    ) async throws -> Result {
        let standIn = try await start(configuration)
        do {
            let result = try await body(standIn)
            await standIn.stop()
            return result
        } catch {
            await standIn.stop()
            throw error
        }
    }

    /// Ends requests in flight, and returns when the port is free.
    package func stop() async {
        world.stop()
        // Not by cancelling: NIO traps when that meets a connection it has accepted and no handler has read yet
        // (https://github.com/apple/swift-nio/issues/3481).
        await services.triggerGracefulShutdown()
        _ = await running.result
    }

    /// Returns when the server has ended by itself.
    package func untilStopped() async throws { try await running.value }

    // MARK: Data

    /// Puts one of Stripe's objects in, in place of any it had under that id.
    package func put(_ objectJSON: String, account: String? = nil) throws {
        try world.put(JSON(parsing: Array(objectJSON.utf8)), account: account)
    }

    /// Stores an event, and its objects unless a later state of them is stored.
    ///
    /// It is given back in the very text it came in. It belongs to the account and mode that it names.
    ///
    /// - Parameters:
    ///   - eventJSON: The event.
    ///   - isDelivered: Whether every endpoint accepted it, which `delivery_success` filters by.
    /// - Throws: When it has no id, type or time.
    package func put(event eventJSON: String, isDelivered: Bool = false) throws {
        let text = Array(eventJSON.utf8)
        try world.put(event: JSON(parsing: text), text: text, isDelivered: isDelivered)
    }

    /// Takes an object or an event out, as if there had never been one: its list does not show it, and it is missing.
    package func remove(_ kind: String, id: String, account: String? = nil) {
        world.remove(kind, id: id, account: account)
    }

    /// Changes whether an event counts as delivered.
    package func setDelivered(_ isDelivered: Bool, event id: String, account: String? = nil) throws {
        try world.setDelivered(isDelivered, event: id, account: account)
    }

    /// Takes events and bare objects, in files, `.jsonl` files and folders of both.
    @discardableResult
    package func load(_ paths: [String], isDelivered: Bool = false) throws -> EventFiles.Report {
        try EventFiles.read(paths) { world.take($0, text: $1, isDelivered: isDelivered) }
    }

    /// Registers an endpoint, in place of any of that id.
    package func put(
        endpoint id: String,
        url: String,
        enabledEvents: [String] = ["*"],
        apiVersion: String? = nil,
        status: String = "enabled",
        livemode: Bool = false
    ) throws {
        let endpoint: JSON = [
            "id": .string(id), "object": "webhook_endpoint", "url": .string(url),
            "enabled_events": .array(enabledEvents.map { .string($0) }),
            "api_version": apiVersion.map { .string($0) } ?? .null, "status": .string(status),
            "livemode": .bool(livemode), "created": .integer(world.configuration.now()),
        ]
        try world.put(endpoint, account: nil)
    }

    /// Runs something before each page of a list is put together, given how many pages there have been with it.
    ///
    /// So that lists change while they are read.
    package func beforeEachPage(_ body: (@Sendable (Int) -> Void)?) { world.set(beforePage: body) }

    // MARK: How it fails

    /// Fails the next requests in a way, or all of them from here on, perhaps after some that go well.
    package func fail(_ fault: Fault, times: Int? = nil, after: Int = 0) {
        world.set(fault, times: times, after: after)
    }

    /// Answers that many requests a second from here on, or all of them.
    package func limit(_ rate: RequestRate?) { world.limit(rate) }

    /// Continues the requests that ``Fault/held`` holds.
    package func release() { world.release() }

    /// Returns when that many requests are held at once.
    package func untilHolding(_ count: Int) async { await world.untilHolding(count) }

    // MARK: Requests

    /// The requests to Stripe's routes so far, oldest first.
    package var requests: [RecordedRequest] { world.requests }

    /// How often a route such as `GET /v1/charges/:id` was asked for.
    package func count(_ route: String) -> Int { requests.count { $0.route == route } }

    /// The e-mails that would have gone out, oldest first.
    package var sentReceipts: [SentReceipt] { world.sentReceipts }
}
