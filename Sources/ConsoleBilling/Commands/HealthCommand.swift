import ArgumentParser
import Foundation
import HTTPClient

/// `console-billing health`: checks for container engines that the service on this machine can store events.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the service on this machine whether it can store events.",
        discussion: """
            It asks at HOST and PORT, not at PUBLIC_URL, which may lead through a proxy. Exit code 0: ready; \
            69: not ready, or no answer.

            EXAMPLES
              console-billing health && echo ready
              docker inspect --format '{{.State.Health.Status}}' console-billing
            """
    )

    func run() async throws {
        var environment = ProcessInfo.processInfo.environment
        environment["PUBLIC_URL"] = nil
        environment["PUBLIC_URL_FILE"] = nil
        let base = try CommandEnvironment(
            credentialsPath: DevelopmentCredentials.defaultPath,
            environment: environment
        ).server(nil)
        let transport = try CurlTransport()
        let answer = try? await transport.send(
            TransportRequest(
                .get,
                url: base.appending("/readyz").description,
                limits: TransportLimits(connectTimeout: .seconds(2), totalTimeout: .seconds(4))
            )
        )
        await transport.shutdown()
        guard let answer else {
            throw CommandFailure(Sysexits.unavailable, "Nothing answers at \(base).")
        }
        guard answer.status == 200 else {
            throw CommandFailure(
                Sysexits.unavailable,
                "\(base)/readyz answered \(answer.status): it cannot store."
            )
        }
        Terminal.line("ready")
    }
}
