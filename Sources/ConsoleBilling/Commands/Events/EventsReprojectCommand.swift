import ArgumentParser

/// `console-billing events reproject`.
struct EventsReprojectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproject",
        abstract: "Derive the feed again from the log.",
        discussion: """
            Without an id, from every event, while the service goes on serving. A feed that was right does not change: \
            rows that did are a fault, or a change of rules since. To read quarantined events again, use retry.

            EXAMPLES
              console-billing events reproject
              console-billing events reproject evt_3RBmzrHT5vkQXp9L
            """
    )

    @Argument(help: "Ids of events, evt_…; without one, all events.")
    var ids: [String] = []

    @OptionGroup var connection: ConnectionOptions
    @Option(help: "Where serve --dev left its secrets.")
    var credentials = DevelopmentCredentials.defaultPath
    @OptionGroup var output: OutputOptions

    private struct Reprojection: Decodable {
        let events: Int
        let transactions: Int
        let changed: Int
    }

    func run() async throws {
        try await reportingFailures {
            let paths =
                ids.isEmpty ? ["/v1/events/reproject"] : ids.map { "/v1/events/\(escaped($0))/reproject" }
            try await connection.connected(credentials: credentials) { server in
                for path in paths {
                    let bytes = try await server.post(path, patience: .seconds(3600))
                    guard output.chosen == .human else {
                        Terminal.line(String(decoding: bytes, as: UTF8.self))
                        continue
                    }
                    let result = try decoded(Reprojection.self, from: bytes)
                    Terminal.line(
                        "\(result.events) events read, \(result.transactions) rows derived, \(result.changed) of them changed."
                    )
                }
            }
        }
    }
}
