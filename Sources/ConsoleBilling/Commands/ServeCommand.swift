import ArgumentParser
import Foundation

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

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        ProcessHardening.apply()
        // A log reader that is gone must not end the process; NIO ignores this signal too, but later.
        signal(SIGPIPE, SIG_IGN)
        // Ignore a SIGHUP that arrives before SecretRotation handles it.
        signal(SIGHUP, SIG_IGN)
        defer { LineQueue.standardError.flush() }
        var sources = options.sources()
        let contents = sources.contents()
        var credentials: DevelopmentCredentials?
        if options.dev {
            credentials = try developmentCredentials(SettingValues(sources, contents: contents))
            sources.development = credentials?.settings ?? [:]
        }
        let daemon = Daemon(try ServiceConfiguration(SettingValues(sources, contents: contents)))
        // A service that cannot start keeps and shows no secrets.
        if let credentials { try keep(credentials) }
        try await daemon.run(sources, contents: contents) { [credentials] in
            if let credentials { Terminal.write(credentials.banner) }
        }
    }

    /// Checks that the service is reachable on loopback only, and loads or makes its secrets.
    private func developmentCredentials(
        _ values: SettingValues
    ) throws(ConfigurationError) -> DevelopmentCredentials {
        guard let url = values.developmentURL else {
            throw ConfigurationError(ServiceOptions.developmentIsLocal)
        }
        try DevelopmentCredentials.requireOwnFolder()
        var credentials = try DevelopmentCredentials.load() ?? .make(url: url)
        credentials.url = url
        return credentials
    }

    private func keep(_ credentials: DevelopmentCredentials) throws(ConfigurationError) {
        do {
            try credentials.save()
        } catch {
            throw ConfigurationError("--dev keeps its secrets in ./data, which cannot be written here.")
        }
    }
}

extension DevelopmentCredentials {
    fileprivate var banner: String {
        """
        console-billing runs for development on \(url)
          webhook secret       \(webhookSecret)
          API key              \(apiKey)
          link signing secret  \(linkSigningSecret)
        (also in \(Self.defaultPath), where the other commands find them)


        """
    }
}
