import ArgumentParser
import Foundation
import HTTPClient
import StripeAPI

/// Talks to the running service as its API's callers do.
struct ServerConnection: Sendable {
    let base: ServerAddress
    private let key: String?
    private let transport: any HTTPTransport

    /// - Throws: ``CommandFailure`` where the key would cross a network unencrypted.
    init(base: ServerAddress, key: String?, transport: any HTTPTransport) throws(CommandFailure) {
        guard base.scheme == "https" || base.isLoopback || key == nil else {
            throw CommandFailure(
                Sysexits.configuration,
                "\(base) is neither https nor on this machine: the API key would be for everybody to read. Give "
                    + "--server its https address, or run this command on its machine."
            )
        }
        self.base = base
        self.key = key
        self.transport = transport
    }

    func get(_ path: String) async throws(CommandFailure) -> [UInt8] {
        try await send(TransportRequest(.get, url: base.appending(path).description))
    }

    /// Posts a body, or nothing, to a path; patience is for what takes as long as there are events.
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

    private struct Refusal: Decodable {
        struct Details: Decodable {
            let code: String?
            let message: String?
        }
        let error: Details?
    }

    func send(_ request: TransportRequest) async throws(CommandFailure) -> [UInt8] {
        var request = request
        if let key { request.headers.append(TransportHeader("Authorization", "Bearer \(key)")) }
        if request.sink == nil { request.limits.maxBodyBytes = 64 << 20 }
        let response: TransportResponse
        do {
            response = try await transport.send(request)
        } catch .couldNotConnect {
            throw CommandFailure(
                Sysexits.unavailable,
                "Nothing answers at \(base). Start the service with `console-billing serve`, or say where it is with "
                    + "--server."
            )
        } catch {
            throw CommandFailure(Sysexits.unavailable, "\(base): \(error).")
        }
        guard !(200...299 ~= response.status) else { return response.body }

        let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(response.body))
        let message = refusal?.error?.message.map { ": " + printable($0) } ?? "."
        throw CommandFailure(
            Self.exitCode(of: response.status, code: refusal?.error?.code),
            "\(base) answered \(response.status)\(message)\(Self.advice(on: response.status))"
        )
    }

    /// What to do about a refusal, where its own words cannot say it.
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

/// Which service to ask, and as whom.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "The service (default: PUBLIC_URL, HOST and PORT, or the one of serve --dev).")
    var server: String?

    @Option(
        name: .customLong("api-key"),
        help: "Of scope ops where no other is named (default: CONSOLE_BILLING_API_KEY, or serve --dev's)."
    )
    var apiKey: String?

    /// Asks the service something, and lets go of it.
    ///
    /// - Parameters:
    ///   - credentials: Where `serve --dev` left its secrets.
    ///   - needsKey: Whether nothing can be had without a key.
    ///   - work: What is asked.
    /// - Returns: What `work` returns.
    /// - Throws: ``CommandFailure``, and what `work` throws.
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
        do {
            let result = try await work(connection)
            await transport.shutdown()
            return result
        } catch {
            await transport.shutdown()
            throw error
        }
    }
}
