import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization

/// A server on this machine that answers the part of an Akash node's REST API that we use.
///
/// It is stricter than a node where that finds our mistakes: a parameter that it does not know is refused.
package final class AkashNodeStandIn: Sendable {
    /// The answers, and their faults.
    package struct Behaviour: Sendable {
        package var chainID = "akashnet-2"
        package var height: Int64 = 1_000_000
        package var time = "2026-11-20T12:00:00.123456789Z"
        /// As some proxies before nodes do.
        package var ignoresKey = false
        package var ignoresOffset = false
        /// As proxies do that hand on the leases alone.
        package var hidesLatestBlock = false
        /// More than this many leases are in no page, whatever is asked.
        package var maximumLimit = 1000
        /// Answers that the next requests get instead.
        package var fault: Fault?
        /// Run before each page of leases, given how many there have been with it.
        package var beforePage: (@Sendable (Int) -> Void)?

        package init() {}
    }

    package enum Fault: Sendable {
        case status(Int)
        /// An answer of 200 with this body.
        case body(String)
        /// Bytes without an end.
        case endless
        /// No answer until the server is stopped.
        case held
    }

    fileprivate struct State: Sendable {
        var behaviour = Behaviour()
        var leases: [NodeLease] = []
        var requests: [String] = []
        var pages = 0
    }

    package let port: Int
    private let state: World
    private let services: ServiceGroup
    private let running: Task<Void, any Error>

    private init(port: Int, state: World, services: ServiceGroup, running: Task<Void, any Error>) {
        self.port = port
        self.state = state
        self.services = services
        self.running = running
    }

    package var baseURL: String { "http://127.0.0.1:\(port)" }

    /// Starts one for as long as `body` runs.
    package static func with<Result>(_ body: (AkashNodeStandIn) async throws -> Result) async throws -> Result
    {
        let world = World()
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        var application = Application(
            router: router(world),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in announce.yield(channel.localAddress?.port ?? 0) }
        )
        application.logger.logLevel = .error
        let services = ServiceGroup(services: [application], logger: application.logger)
        let running = Task {
            defer { announce.finish() }
            try await services.run()
        }
        guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
        let standIn = AkashNodeStandIn(port: port, state: world, services: services, running: running)
        do {
            let result = try await body(standIn)
            await standIn.stop()
            return result
        } catch {
            await standIn.stop()
            throw error
        }
    }

    /// Ends it, and any request that is held.
    package func stop() async {
        state.stopped.finish()
        await services.triggerGracefulShutdown()
        _ = await running.result
    }

    package func behave(_ change: @Sendable (inout Behaviour) -> Void) {
        state.state.withLock { change(&$0.behaviour) }
    }

    package func put(_ leases: [NodeLease]) { state.state.withLock { $0.leases = leases } }

    /// The paths and queries that were asked for, oldest first.
    package var requests: [String] { state.state.withLock { $0.requests } }

    // MARK: Routes

    fileprivate final class World: Sendable {
        let state = Mutex(State())
        let stopped: AsyncStream<Void>.Continuation
        let untilStopped: AsyncStream<Void>

        init() { (untilStopped, stopped) = AsyncStream.makeStream(of: Void.self) }

        /// The answer that a fault is, if there is to be one.
        func fault() async -> Response? {
            switch state.withLock({ $0.behaviour.fault }) {
            case nil: return nil
            case .status(let code): return AkashNodeStandIn.refusal(.init(code: code), "as told")
            case .body(let text): return AkashNodeStandIn.answer(text)
            case .held:
                for await _ in untilStopped {}
                return AkashNodeStandIn.refusal(.serviceUnavailable, "stopping")
            case .endless:
                let chunk = ByteBuffer(repeating: UInt8(ascii: " "), count: 1 << 20)
                return Response(
                    status: .ok,
                    body: .init { writer in
                        for _ in 0..<1000 { try await writer.write(chunk) }
                        try await writer.finish(nil)
                    }
                )
            }
        }
    }

    private static func router(_ world: World) -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/cosmos/base/tendermint/v1beta1/blocks/latest") { request, _ in
            world.state.withLock { $0.requests.append(request.uri.string) }
            if let fault = await world.fault() { return fault }
            let behaviour = world.state.withLock { $0.behaviour }
            if behaviour.hidesLatestBlock { return refusal(.notFound, "Not Found") }
            guard request.uri.queryParameters.isEmpty else {
                return refusal(.badRequest, "unknown query parameter")
            }
            return answer(
                #"{"block_id":{"hash":"AA=="},"block":{"header":{"version":{"block":"11"},"chain_id":"\#(behaviour.chainID)","#
                    + #""height":"\#(behaviour.height)","time":"\#(behaviour.time)"},"data":{"txs":[]}}}"#
            )
        }
        router.get("/akash/market/v1beta5/leases/list") { request, _ in
            world.state.withLock { $0.requests.append(request.uri.string) }
            if let fault = await world.fault() { return fault }
            let (behaviour, pages) = world.state.withLock { state in
                state.pages += 1
                return (state.behaviour, state.pages)
            }
            behaviour.beforePage?(pages)
            let leases = world.state.withLock { $0.leases }
            let query = request.uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
            return list(query, leases, behaviour)
        }
        return router
    }

    private static let parameters: Set<String> = [
        "filters.owner", "filters.dseq", "filters.gseq", "filters.oseq", "filters.provider", "filters.state",
        "filters.bseq",
        "pagination.key", "pagination.offset", "pagination.limit", "pagination.count_total",
        "pagination.reverse",
    ]

    private static func list(
        _ query: [(name: String, value: String)],
        _ all: [NodeLease],
        _ behaviour: Behaviour
    ) -> Response {
        var values: [String: String] = [:]
        for (name, value) in query {
            guard parameters.contains(name) else {
                return refusal(.badRequest, "unknown parameter \(name)")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                return refusal(.badRequest, "parameter given twice")
            }
        }
        guard let owner = values["filters.owner"] else {
            return refusal(.badRequest, "this stand-in is asked for one owner at a time")
        }
        let key = behaviour.ignoresKey ? nil : values["pagination.key"]
        guard key == nil || values["pagination.offset"] == nil else {
            return refusal(.badRequest, "either offset or key is expected, got both")
        }
        let offset = behaviour.ignoresOffset ? "0" : values["pagination.offset"] ?? "0"
        guard let limit = Int(values["pagination.limit"] ?? "100"), limit > 0,
            let skipped = Int(offset), skipped >= 0
        else { return refusal(.badRequest, "invalid pagination") }
        // The order of the node's store: active leases first, then by name.
        var leases = all.filter { $0.owner == owner }.sorted { $0.key < $1.key }
        if let key {
            guard let from = leases.firstIndex(where: { $0.pageKey == key }) else {
                return refusal(.badRequest, "invalid key")
            }
            leases.removeFirst(from)
        } else {
            leases.removeFirst(min(skipped, leases.count))
        }
        let page = leases.prefix(min(limit, behaviour.maximumLimit))
        let next = leases.dropFirst(page.count).first.map { "\"\($0.pageKey)\"" } ?? "null"
        return answer(
            #"{"leases":[\#(page.map(\.json).joined(separator: ","))],"pagination":{"next_key":\#(next),"total":"0"}}"#,
            headers: ["grpc-metadata-x-cosmos-block-height": String(behaviour.height)]
        )
    }

    fileprivate static func answer(_ text: String, headers: [String: String] = [:]) -> Response {
        var response = Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
        for (name, value) in headers { if let name = HTTPField.Name(name) { response.headers[name] = value } }
        return response
    }

    fileprivate static func refusal(_ status: HTTPResponse.Status, _ message: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: #"{"code":3,"message":"\#(message)","details":[]}"#))
        )
    }
}
