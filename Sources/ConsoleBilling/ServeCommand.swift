import ArgumentParser
import Billing
import Foundation
import Webhooks

/// `console-billing serve`: runs the HTTP service.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the HTTP service.",
        discussion: """
            Values come from flags, then the environment, then --config FILE, then defaults. Any NAME may be \
            given as NAME_FILE, the path of a file that holds it.

            EXAMPLES
              console-billing serve --dev
              STRIPE_WEBHOOK_SECRET=whsec_… LINK_SIGNING_SECRET=… console-billing serve --port 8080
            """
    )

    @Flag(help: "Need no configuration: loopback only, a database in ./data, secrets made up and printed.")
    var dev = false

    @Option(help: "A YAML or JSON file of settings.")
    var config: String?

    @Option(help: "The address to listen on (HOST).")
    var host: String?

    @Option(help: "The port to listen on (PORT).")
    var port: String?

    @Option(help: "The base of the links we hand out (PUBLIC_URL).")
    var publicURL: String?

    @Option(help: "sqlite:PATH (DATABASE_URL).")
    var databaseURL: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical (LOG_LEVEL).")
    var logLevel: String?

    @Option(help: "json or pretty (LOG_FORMAT).")
    var logFormat: String?

    @Option(name: .customLong("set"), help: "Any setting, as NAME=VALUE; may be repeated.")
    var assignments: [String] = []

    func run() async throws {
        ProcessHardening.apply()
        do {
            var values = try settingValues()
            if dev { try prepareDevelopment(&values) }
            let configuration = try ServiceConfiguration(values)
            try await Service(configuration).run()
        } catch let error as ConfigurationError {
            throw Sysexits.fail(.configuration, "\(error)")
        } catch let error as Service.StartError {
            throw Sysexits.fail(error.isUnavailable ? .unavailable : .configuration, error.message)
        } catch let error as Service.Stopped {
            throw Sysexits.fail(.internalError, "\(error)")
        }
    }

    private func settingValues() throws -> SettingValues {
        var flags: [Setting: String] = [:]
        for assignment in assignments {
            let parts = assignment.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let setting = Setting(rawValue: parts[0].uppercased()) else {
                let nearest = Spelling.nearest(to: parts.first ?? "", among: Setting.allCases.map(\.rawValue))
                throw ConfigurationError(
                    "--set takes NAME=VALUE with the name of a setting."
                        + (nearest.map { " Did you mean \($0)?" } ?? "")
                )
            }
            flags[setting] = parts[1]
        }
        for (setting, text) in [
            (Setting.host, host), (.port, port), (.publicURL, publicURL), (.databaseURL, databaseURL),
            (.logLevel, logLevel), (.logFormat, logFormat),
        ] { flags[setting] = text ?? flags[setting] }
        return try SettingValues(
            flags: flags,
            environment: ProcessInfo.processInfo.environment,
            configurationFile: config
        )
    }

    /// Loopback only, and secrets of its own.
    private func prepareDevelopment(_ values: inout SettingValues) throws {
        let host = values.text(.host) ?? "127.0.0.1"
        guard ["127.0.0.1", "localhost", "::1"].contains(host) else {
            throw ConfigurationError(
                "--dev listens on this machine only. Leave HOST out, or leave --dev out."
            )
        }
        let url = values.text(.publicURL) ?? "http://\(host):\(values.text(.port) ?? "3080")"
        var credentials = DevelopmentCredentials.load() ?? .make(url: url)
        credentials.url = url
        do {
            try credentials.save()
        } catch {
            throw ConfigurationError("--dev keeps its secrets in ./data, which cannot be written here.")
        }
        values.supply(.webhookSecret, credentials.webhookSecret)
        values.supply(.linkSigningSecret, credentials.linkSigningSecret)
        let digest = SHA256Digest(of: Array(credentials.apiKey.utf8)).hex
        values.supply(.apiKeys, "dev:\(digest):feed:read+sessions:write+usage:write+ops+metrics:read")
        let banner = """
            console-billing is starting for development on \(url)
              webhook secret       \(credentials.webhookSecret)
              API key              \(credentials.apiKey)
              link signing secret  \(credentials.linkSigningSecret)
            (also in \(DevelopmentCredentials.defaultPath), where the other commands find them)

            """
        FileHandle.standardOutput.write(Data(banner.utf8))
    }
}
