import ArgumentParser
import Foundation
import Web
import Webhooks

/// The options of `serve`, which `config` checks.
struct ServiceOptions: ParsableArguments {
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

    @Option(help: "sqlite:PATH, or postgres://… (DATABASE_URL).")
    var databaseURL: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical (LOG_LEVEL).")
    var logLevel: String?

    @Option(help: "json or pretty (LOG_FORMAT).")
    var logFormat: String?

    @Option(name: .customLong("set"), help: "Any setting, as NAME=VALUE; may be repeated.")
    var assignments: [String] = []

    static let developmentIsLocal = "--dev listens on this machine only. Leave HOST out, or leave --dev out."

    /// The sources of the settings.
    func sources(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> SettingSources {
        var sources = SettingSources(environment: environment, configurationFile: config)
        for assignment in assignments {
            let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0]).uppercased()
            if parts.count < 2 {
                sources.problems.append("--set takes NAME=VALUE with the name of a setting.")
            } else if let setting = Setting(rawValue: name) {
                sources.flags[setting] = String(parts[1])
            } else {
                sources.problems.append("--set: \(SettingNames.unknown(name))")
            }
        }
        for (setting, text) in [
            (Setting.host, host), (.port, port), (.publicURL, publicURL), (.databaseURL, databaseURL),
            (.logLevel, logLevel), (.logFormat, logFormat),
        ] { sources.flags[setting] = text ?? sources.flags[setting] }
        return sources
    }
}

extension SettingValues {
    /// The URL of a service with `--dev`; `nil` if HOST is not a loopback address.
    var developmentURL: String? {
        let host = text(.host) ?? "127.0.0.1"
        guard ["127.0.0.1", "localhost", "::1"].contains(host) else { return nil }
        return text(.publicURL) ?? "http://\(host):\(text(.port) ?? "3080")"
    }
}

extension DevelopmentCredentials {
    /// The credentials as values of settings.
    var settings: [Setting: String] {
        let digest = SHA256Digest(of: Array(apiKey.utf8)).hex
        let scopes = Scope.allCases.map(\.rawValue).joined(separator: "+")
        return [
            .webhookSecret: webhookSecret, .linkSigningSecret: linkSigningSecret,
            .apiKeys: "dev:\(digest):\(scopes)",
        ]
    }
}
