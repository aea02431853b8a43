import ArgumentParser
import Billing
import Foundation
import HTTPClient
import Storage
import Scenarios
import BackgroundJobs

/// `console-billing alerts`: tests the webhook that operators receive alerts by.
struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts",
        abstract: "Check the alerts that operators receive by webhook.",
        discussion: """
            With ALERT_WEBHOOK_URL the service sends alerts about quarantined events, drift, missing webhooks and payments \
            at risk, and again when each is over.

            EXAMPLES
              console-billing alerts test
            """,
        subcommands: [AlertsTestCommand.self]
    )
}

/// `console-billing alerts test`: sends a test alert and shows the receiver's response.
struct AlertsTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Send a test alert, and show what the receiver answered.",
        discussion: """
            It is sent from here, as the service sends its own: to ALERT_WEBHOOK_URL, signed with each of \
            ALERT_WEBHOOK_SECRET, once. Each test has an id of its own.

            EXAMPLES
              console-billing alerts test
              console-billing alerts test --config /etc/console-billing.yaml --format json

            EXIT CODES
              0 the receiver accepted it; 69 it did not answer; 75 it is temporarily unavailable; 78 it refused, or no \
            receiver is configured
            """
    )

    @Option(help: "A YAML or JSON file of settings.")
    var config: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let values = try SettingValues(
            flags: [:],
            environment: ProcessInfo.processInfo.environment,
            configurationFile: config
        )
        let transport = try CurlTransport()
        let test = try await ending({ await transport.shutdown() }) {
            try await AlertTest.perform(values, transport, name: UUID().uuidString, now: .now)
        }
        Terminal.line(output.chosen == .human ? test.line : test.json.compact)
        if test.exitCode != .success { throw test.exitCode }
    }
}

/// One test alert, sent once, and the receiver's response.
struct AlertTest: Sendable {
    let alertID: String
    /// The receiver's address, without the parts that may be secret.
    let address: String
    let answer: TransportResponse

    /// How many bytes of the response are shown.
    private static let shownBytes = 500

    /// - Throws: ``ConfigurationError`` for invalid settings, ``CommandFailure`` when no receiver is
    ///   configured or it does not answer.
    static func perform(
        _ values: SettingValues,
        _ transport: any HTTPTransport,
        name: String,
        now: Instant
    ) async throws -> AlertTest {
        var check = SettingCheck(values)
        let (alerts, service) = (check.alerts(), check.place().publicURL)
        guard check.problems.isEmpty else { throw ConfigurationError(check.problems) }
        guard let alerts else {
            throw CommandFailure(
                Sysexits.configuration,
                "ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET are not set: no alert is sent."
            )
        }
        let alert = AlertFormatter(service: service).test(name, now: now)
        do throws(TransportError) {
            let answer = try await alerts.sender(transport).send(alert, now: now)
            return AlertTest(alertID: alert.id, address: alerts.shownAddress, answer: answer)
        } catch {
            throw CommandFailure(Sysexits.unavailable, "\(alerts.shownAddress): \(error).")
        }
    }

    private var isDelivered: Bool { 200...299 ~= answer.status }

    private var shownBody: String {
        printable(
            String(decoding: answer.body.prefix(Self.shownBytes), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        )
    }

    var line: String {
        let verdict =
            switch answer.status {
            case 200...299: "took it"
            case 300...399: "redirects, which is not followed: set ALERT_WEBHOOK_URL to where it leads"
            case 401, 403: "refused it: does it have the secret in ALERT_WEBHOOK_SECRET?"
            case 410: "wants no more alerts: the service would drop each of them"
            case 429, 500...599: "is temporarily unavailable: the service would retry"
            default: "refused it"
            }
        let said = shownBody.isEmpty ? "" : " It said: \(shownBody)"
        return "\(address) answered \(answer.status) to \(alertID), and \(verdict).\(said)"
    }

    var json: OrderedJSON {
        [
            "object": "alert_test", "id": .string(alertID), "address": .string(address),
            "delivered": .bool(isDelivered), "status": .integer(Int64(answer.status)),
            "answer": .string(shownBody),
        ]
    }

    var exitCode: ExitCode {
        switch answer.status {
        case 200...299: .success
        case 429, 500...599: Sysexits.tryAgain
        default: Sysexits.configuration
        }
    }
}
