import ArgumentParser
import Foundation
import HTTPClient
import StripeAPI

/// Talks to the running service as its API's callers do.
struct ServerConnection: Sendable {
    let base: ServerAddress
    private let key: String
    private let transport: any HTTPTransport

    /// - Throws: ``CommandFailure`` where the key would cross a network unencrypted.
    init(base: ServerAddress, key: String, transport: any HTTPTransport) throws(CommandFailure) {
        guard base.scheme == "https" || base.isLoopback else {
            throw CommandFailure(
                Sysexits.configuration,
                "\(base) is neither https nor on this machine: the API key would be for everybody to read."
            )
        }
        self.base = base
        self.key = key
        self.transport = transport
    }

    func get(_ path: String) async throws(CommandFailure) -> [UInt8] {
        try await send(TransportRequest(.get, url: base.appending(path).description))
    }

    /// Posts nothing to a path; patience is for what takes as long as there are events.
    func post(_ path: String, patience: Duration = .seconds(20)) async throws(CommandFailure) -> [UInt8] {
        try await send(
            TransportRequest(
                .post([]),
                url: base.appending(path).description,
                limits: TransportLimits(totalTimeout: patience)
            )
        )
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
        request.headers.append(TransportHeader("Authorization", "Bearer \(key)"))
        if request.sink == nil { request.limits.maxBodyBytes = 64 << 20 }
        let response: TransportResponse
        do {
            response = try await transport.send(request)
        } catch .couldNotConnect {
            throw CommandFailure(Sysexits.unavailable, "Nothing answers at \(base). Is the service running?")
        } catch {
            throw CommandFailure(Sysexits.unavailable, "\(base): \(error).")
        }
        guard !(200...299 ~= response.status) else { return response.body }

        let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(response.body))
        let message = refusal?.error?.message.map { ": " + printable($0) } ?? "."
        throw CommandFailure(
            Self.exitCode(of: response.status, code: refusal?.error?.code),
            "\(base) answered \(response.status)\(message)"
        )
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
        help: "A key of scope ops (default: CONSOLE_BILLING_API_KEY, or serve --dev's)."
    )
    var apiKey: String?

    /// Asks the service something, and lets go of it.
    func connected<Result>(
        credentials: String,
        _ work: (ServerConnection) async throws -> Result
    ) async throws -> Result {
        let environment = try CommandEnvironment(credentialsPath: credentials)
        let base = try environment.server(server)
        let key = try environment.apiKey(apiKey)
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
