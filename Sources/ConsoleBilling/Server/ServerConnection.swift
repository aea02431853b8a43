import ArgumentParser
import Foundation
import HTTPClient
import JSON
import StripeAPI

/// A client of the running service's HTTP API.
struct ServerConnection: Sendable {
    let base: ServerAddress
    private let key: String?
    private let transport: any HTTPTransport
    private let pause: @Sendable (Int64) async -> Void

    /// How often a request is sent again that the service refuses for now, and the most seconds to wait each time.
    private static let patience: (refusals: Int, seconds: Int64) = (30, 60)

    /// - Throws: ``CommandFailure`` if the key would cross a network unencrypted.
    init(
        base: ServerAddress,
        key: String?,
        transport: any HTTPTransport,
        pause: @escaping @Sendable (Int64) async -> Void = { try? await Task.sleep(for: .seconds($0)) }
    ) throws(CommandFailure) {
        guard base.scheme == "https" || base.isLoopback || key == nil else {
            throw CommandFailure(
                Sysexits.configuration,
                "\(base) is neither https nor on this machine: the API key would be readable by others. Give "
                    + "--server its https address, or run this command on its machine."
            )
        }
        self.base = base
        self.key = key
        self.transport = transport
        self.pause = pause
    }

    func get(_ path: String) async throws(CommandFailure) -> [UInt8] {
        try await send(TransportRequest(.get, url: base.appending(path).description))
    }

    /// Posts a body, which may be empty.
    ///
    /// `patience` is longer for requests whose time grows with the number of events.
    func post(
        _ path: String,
        _ body: [UInt8] = [],
        patience: Duration = .seconds(20)
    ) async throws(CommandFailure) -> [UInt8] {
        try await send(
            TransportRequest(
                .post(body),
                url: base.appending(path).description,
                limits: TransportLimits(totalTimeout: patience)
            )
        )
    }

    func put(_ path: String, _ body: [UInt8]) async throws(CommandFailure) -> [UInt8] {
        try await send(TransportRequest(.put(body), url: base.appending(path).description))
    }

    /// Sends a request; if the service limits the rate, sends it again after the time in `Retry-After`.
    func send(_ request: TransportRequest) async throws(CommandFailure) -> [UInt8] {
        var request = request
        if let key { request.headers.append(TransportHeader("Authorization", "Bearer \(key)")) }
        if request.sink == nil { request.limits.maxBodyBytes = 64 << 20 }
        var response = try await answer(request)
        for _ in 0..<Self.patience.refusals {
            guard response.status == 429, request.sink == nil,
                let seconds = response.headers["Retry-After"].flatMap(Int64.init),
                0...Self.patience.seconds ~= seconds
            else { break }
            Terminal.line("\(base) limits the rate of requests: waiting \(seconds) s.", to: .error)
            await pause(seconds)
            response = try await answer(request)
        }
        guard !(200...299 ~= response.status) else { return response.body }

        let refusal = try? JSONValue.read(response.body) { json in
            (code: json["error"]?.string("code"), message: json["error"]?.string("message"))
        }
        let message = refusal?.message.map { ": " + printable($0) } ?? "."
        throw CommandFailure(
            Self.exitCode(of: response.status, code: refusal?.code),
            "\(base) answered \(response.status)\(message)\(Self.advice(on: response.status))"
        )
    }

    private func answer(_ request: TransportRequest) async throws(CommandFailure) -> TransportResponse {
        do {
            return try await transport.send(request)
        } catch .couldNotConnect {
            throw CommandFailure(
                Sysexits.unavailable,
                "Nothing answers at \(base). Start the service with `console-billing serve`, or say where it is with "
                    + "--server."
            )
        } catch {
            throw CommandFailure(Sysexits.unavailable, "\(base): \(error).")
        }
    }

    /// Advice for an error status, where the service's message has none.
    private static func advice(on status: Int) -> String {
        switch status {
        case 401:
            " Give a key of its API_KEYS with --api-key or CONSOLE_BILLING_API_KEY; "
                + "`console-billing keys new NAME --scope …` makes one."
        case 403: " `console-billing keys new NAME --scope …` makes a key that may."
        case 503: " Try again in a moment; `console-billing doctor` looks for what is wrong."
        default: ""
        }
    }

    static func exitCode(of status: Int, code: String? = nil) -> ExitCode {
        switch status {
        case 409 where ["stripe_key_missing", "usage_source_missing"].contains(code): Sysexits.configuration
        case 401, 403: Sysexits.configuration
        case 400, 422: Sysexits.usage
        case 404: Sysexits.badData
        case 409, 429, 503: Sysexits.tryAgain
        case 500...599: Sysexits.unavailable
        default: Sysexits.internalError
        }
    }
}

/// Options of the commands that ask the running service.
struct ServiceConnectionOptions: ParsableArguments {
    @OptionGroup var connection: ConnectionOptions
    @Option(help: "Where serve --dev left its secrets.")
    var credentials = DevelopmentCredentials.defaultPath

    /// Runs `work` with a connection to the service; see ``ConnectionOptions/connected(credentials:needsKey:_:)``.
    func connected<Result>(
        needsKey: Bool = true,
        _ work: (ServerConnection) async throws -> Result
    ) async throws -> Result {
        try await connection.connected(credentials: credentials, needsKey: needsKey, work)
    }
}

/// Options for the service's address and the API key.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "The service (default: PUBLIC_URL, HOST and PORT, or the one of serve --dev).")
    var server: String?

    @Option(
        name: .customLong("api-key"),
        help: "Of scope ops where no other is named (default: CONSOLE_BILLING_API_KEY, or serve --dev's)."
    )
    var apiKey: String?

    /// Runs `work` with a connection to the service, and closes it; credentials is the path of those of
    /// `serve --dev`.
    func connected<Result>(
        credentials: String,
        needsKey: Bool = true,
        _ work: (ServerConnection) async throws -> Result
    ) async throws -> Result {
        let environment = try CommandEnvironment(credentialsPath: credentials)
        let base = try environment.server(server)
        let key = needsKey ? try environment.apiKey(apiKey) : try? environment.apiKey(apiKey)
        let transport = try CurlTransport()
        let connection = try ServerConnection(base: base, key: key, transport: transport)
        return try await ending({ await transport.shutdown() }) { try await work(connection) }
    }
}
