import ArgumentParser
import Billing
import Foundation
import HTTPClient
import Stories
import StripeAPI
import Webhooks

/// `console-billing doctor`: checks everything that the service depends on.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check what the service stands on, and say how to mend what is wrong.",
        discussion: """
            Looks at the configuration it finds in its own environment, the machine, the running service and \
            Stripe's API. Nothing is changed and no event is recorded.

            EXAMPLES
              console-billing doctor
              console-billing doctor --config /etc/console-billing.yaml --format json
              console-billing doctor --account acct_1Mv2XbLkdIwHu7ix

            EXIT CODES
              0 nothing is wrong, though there may be advice; 1 something is
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
        try await reportingFailures {
            let findings = try await examine(ProcessInfo.processInfo.environment, now: .now)
            let isWell = !findings.contains { $0.state == .bad }
            switch output.chosen {
            case .human:
                let palette = Palette(for: .output)
                for finding in findings { Terminal.line(finding.line(palette)) }
            case .json:
                let report: OrderedJSON = [
                    "object": "diagnosis", "healthy": .bool(isWell), "findings": .array(findings.map(\.json)),
                ]
                Terminal.line(report.compact)
            }
            if !isWell { throw Sysexits.partlyFailed }
        }
    }

    private func examine(_ variables: [String: String], now: Instant) async throws -> [Finding] {
        let environment = try CommandEnvironment(credentialsPath: credentials, environment: variables)
        let (configuration, findings) = configuration(environment, variables)
        let transport = try CurlTransport()
        let service = ServiceExamination(
            base: try environment.server(server),
            secret: try? environment.webhookSecret(nil),
            transport: transport
        )
        let database =
            configuration?.database ?? environment.values.text(.databaseURL).flatMap(DatabaseLocation.init)
        let machine = MachineExamination(databasePath: database?.path)
        let stripe = StripeExamination(
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
        let issuer = configuration?.tokens.map { IssuerExamination(settings: $0, transport: transport) }
        let all =
            findings + machine.findings(now: now) + (await DatabaseExamination.findings(database))
            + (await service.findings(now: now)) + (configuration == nil ? [] : await stripe.findings())
            + (await issuer?.findings() ?? [])
            + (configuration.map(AlertExamination.findings) ?? [])
        // With invalid settings the source of usage is unknown.
        var usage: [Finding] = []
        if let configuration {
            usage = await UsageSourceExamination.findings(configuration.usageSync, transport, now: now)
        }
        await transport.shutdown()
        return all + usage
    }

    /// Reads the configuration as `serve` would, with the secrets of `serve --dev` for those that are not
    /// set.
    private func configuration(
        _ environment: CommandEnvironment,
        _ variables: [String: String]
    ) -> (ServiceConfiguration?, [Finding]) {
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
