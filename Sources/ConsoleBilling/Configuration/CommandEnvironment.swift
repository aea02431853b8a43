import Foundation
import Webhooks

/// The settings of the service's environment, and the credentials that `serve --dev` stored.
struct CommandEnvironment {
    let values: SettingValues
    let credentials: DevelopmentCredentials?

    /// - Throws: ``ConfigurationError`` if a file named by a variable cannot be read, or the credentials file
    ///   may be another user's.
    init(
        credentialsPath: String,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        values = try SettingValues(flags: [:], environment: environment, configurationFile: nil)
        credentials = try DevelopmentCredentials.load(credentialsPath)
    }

    /// The value of a setting if one was given; `nil` for a default.
    func given(_ setting: Setting) -> String? {
        values.values[setting].flatMap { $0.text.isEmpty ? nil : $0.text }
    }

    /// The URL of the running service: the given one, else from the settings, else from the credentials of
    /// `serve --dev`.
    func server(_ asked: String?) throws(CommandFailure) -> ServerAddress {
        if let asked {
            guard let address = ServerAddress(asked) else {
                throw CommandFailure(
                    Sysexits.usage,
                    "\(printable(asked)) is no address to send to. It takes the form http://127.0.0.1:3080."
                )
            }
            return address.base
        }
        if let text = given(.publicURL) {
            guard let address = ServerAddress(text) else {
                throw CommandFailure(
                    Sysexits.configuration,
                    "configuration: PUBLIC_URL cannot be right. It takes \(Setting.publicURL.accepts)."
                )
            }
            return address.base
        }
        if given(.host) == nil, given(.port) == nil,
            let address = credentials.flatMap({ ServerAddress($0.url) })
        {
            return address.base
        }
        // A service that listens on all addresses is reachable on the loopback address.
        let host =
            switch values.text(.host) ?? "" {
            case "", "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let host where host.contains(":") && !host.hasPrefix("["): "[\(host)]"
            case let host: host
            }
        guard let address = ServerAddress("http://\(host):\(values.text(.port) ?? "3080")") else {
            throw CommandFailure(
                Sysexits.configuration,
                "configuration: HOST and PORT make no address. Give the service's with --to."
            )
        }
        return address
    }

    /// The URL to post events to.
    ///
    /// A given path is kept.
    func webhook(_ asked: String?) throws(CommandFailure) -> ServerAddress {
        if let asked, let address = ServerAddress(asked) { return address.webhook }
        return try server(asked).appending(ServerAddress.webhookPath)
    }

    /// The secret to sign with; if several are configured, the first.
    func webhookSecret(_ asked: String?) throws(CommandFailure) -> EndpointSecret {
        let text = asked ?? given(.webhookSecret)?.split(separator: ",").first.map(String.init)
        guard let text = text ?? credentials?.webhookSecret else {
            throw CommandFailure(
                Sysexits.configuration,
                "There is no secret to sign with. Give --secret, set STRIPE_WEBHOOK_SECRET, or start "
                    + "`console-billing serve --dev` in this folder."
            )
        }
        do {
            return try EndpointSecret(text.trimmingCharacters(in: .whitespaces))
        } catch {
            throw CommandFailure(asked == nil ? Sysexits.configuration : Sysexits.usage, "\(error)")
        }
    }

    /// The API key for requests to the service.
    func apiKey(
        _ asked: String?,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandFailure) -> String {
        let given = environment["CONSOLE_BILLING_API_KEY"].flatMap { $0.isEmpty ? nil : $0 }
        guard let key = asked ?? given ?? credentials?.apiKey else {
            throw CommandFailure(
                Sysexits.configuration,
                "There is no API key to ask the service with. Give --api-key, set CONSOLE_BILLING_API_KEY, or start "
                    + "`console-billing serve --dev` in this folder. `console-billing keys new NAME --scope …` makes a key; "
                    + "of scope ops where the command's --help names no other."
            )
        }
        return key
    }
}
