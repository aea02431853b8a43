import ArgumentParser
import Billing
import Cryptography
import Foundation
import HTTPClient
import Scenarios
import StripeAPI

/// `console-billing doctor`: checks everything that the service depends on.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the service and its surroundings, and say how to fix what is wrong.",
        discussion: """
            Looks at the configuration it finds in its own environment, the machine, the running service and \
            Stripe's API. Nothing is changed and no event is recorded.

            EXAMPLES
              console-billing doctor
              console-billing doctor --config /etc/console-billing.yaml --format json
              console-billing doctor --account acct_1Mv2XbLkdIwHu7ix

            EXIT CODES
              0 no problem, though there may be advice; 1 a problem was found
            """
    )

    @Option(help: "A YAML or JSON file of settings.")
    var config: String?

    @Option(help: "The running service (default: PUBLIC_URL, HOST and PORT, or the one of serve --dev).")
    var server: String?

    @Option(help: "Where serve --dev left its secrets.")
    var credentials = DevelopmentCredentials.defaultPath

    @Option(help: "The account to ask Stripe on behalf of, acct_…; an organisation's key needs one.")
    var account: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let results = try await examine(ProcessInfo.processInfo.environment, now: .now)
        let isWell = !results.contains { $0.state == .bad }
        switch output.chosen {
        case .human:
            let palette = Palette(for: .output)
            for result in results { Terminal.line(result.line(palette)) }
        case .json:
            let report: OrderedJSON = [
                "object": "diagnosis", "healthy": .bool(isWell), "findings": .array(results.map(\.json)),
            ]
            Terminal.line(report.compact)
        }
        if !isWell { throw Sysexits.partlyFailed }
    }

    private func examine(_ variables: [String: String], now: Instant) async throws -> [CheckResult] {
        let environment = try CommandEnvironment(credentialsPath: credentials, environment: variables)
        let (configuration, results) = configuration(environment, variables)
        let transport = try CurlTransport()
        let service = ServiceCheck(
            base: try environment.server(server),
            secret: try? environment.webhookSecret(nil),
            transport: transport
        )
        let database =
            configuration?.database
            ?? environment.values.text(.databaseURL).flatMap { try? DatabaseLocation.parse($0) }
        let machine = MachineCheck(databasePath: database?.path)
        let stripe = StripeCheck(
            key: configuration?.stripeKey
                ?? environment.given(.stripeSecretKey).flatMap(StripeSecretKey.init),
            base: configuration?.stripeAPIBase ?? .stripe,
            version: configuration?.stripeAPIVersion ?? .pinned,
            livemode: configuration?.livemode,
            account: account,
            endpoint: (configuration?.publicURL ?? "") + ServerAddress.webhookPath,
            transport: transport,
            now: { .now }
        )
        let issuer = configuration?.tokens.map { IssuerCheck(settings: $0, transport: transport) }
        var all = results + machine.results(now: now) + (await DatabaseCheck.results(database))
        let answers = await service.results(now: now)
        // With invalid settings the rest is unknown.
        if let configuration {
            let isRunning = answers.first?.state == .good
            all.append(ListenCheck.result(configuration, isRunning: isRunning))
            all += answers + (await stripe.results()) + (await issuer?.results() ?? [])
            all += AlertCheck.results(configuration) + ArchiveCheck.results(configuration.archive)
            all += await UsageSourceCheck.results(configuration.usageSync, transport, now: now)
            all += await ConsoleDatabaseCheck.results(configuration.consoleImport)
        } else {
            all += answers
        }
        await transport.shutdown()
        return all
    }

    /// Reads the configuration as `serve` would, with the secrets of `serve --dev` for those that are not
    /// set.
    private func configuration(
        _ environment: CommandEnvironment,
        _ variables: [String: String]
    ) -> (ServiceConfiguration?, [CheckResult]) {
        do {
            var values = try SettingValues(flags: [:], environment: variables, configurationFile: config)
            if let credentials = environment.credentials {
                values.supply(.webhookSecret, credentials.webhookSecret)
                values.supply(.linkSigningSecret, credentials.linkSigningSecret)
            }
            return (try ServiceConfiguration(values), [.good("configuration", "Every setting can be right.")])
        } catch {
            return (nil, error.problems.map { .bad("configuration", $0) })
        }
    }
}
