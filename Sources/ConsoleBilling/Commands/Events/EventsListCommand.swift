import ArgumentParser
import Storage
import Web

/// `console-billing events list`.
struct EventsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List events, the newest first.",
        discussion: """
            Filters may be given together. A page that has more after it says on standard error how to go on. An event \
            that Stripe sent in several API versions, to several endpoints, is listed in each.

            EXAMPLES
              console-billing events list --since 1h --outcome projected
              console-billing events list --object ch_3RBmzrHT5vkQXp9L
              console-billing events list --type 'charge.*' --since 2026-11-01 --until 2026-11-07 --all --format jsonl
            """
    )

    @OptionGroup var filter: EventFilterOptions
    @OptionGroup var page: EventPageOptions

    @Option(help: "Only those after this one, which are older: an id, or id@api-version.")
    var startingAfter: String?

    @Option(help: "Only those before this one, which are newer; 100 at most.")
    var endingBefore: String?

    @OptionGroup var connection: ConnectionOptions
    @Option(help: "Where serve --dev left its secrets.")
    var credentials = DevelopmentCredentials.defaultPath

    func validate() throws {
        guard let endingBefore else { return }
        guard startingAfter == nil else {
            throw ValidationError(
                "Give either --starting-after or --ending-before (\(endingBefore)), not both."
            )
        }
        guard page.count <= 100 else {
            throw ValidationError("--ending-before takes a --limit of 100 at most.")
        }
    }

    func run() async throws {
        try await reportingFailures {
            try await connection.connected(credentials: credentials) { server in
                let reader = EventLogReader(server: server, filters: filter.filters)
                let cursor =
                    startingAfter.map { ("starting_after", $0) } ?? endingBefore.map { ("ending_before", $0) }
                try await show(reader, from: cursor)
            }
        }
    }

    private func show(_ reader: EventLogReader, from cursor: (name: String, id: String)?) async throws {
        let format = ListFormat.chosen(page.format)
        var lines: [EventLogReader.Line] = []
        var last: String?
        let hasMore = try await reader.read(limit: page.count, cursor: cursor) { page in
            last = page.last?.record.entry.key.text ?? last
            // JSON Lines are printed as they arrive; the other formats need all rows first.
            if format == .jsonl { page.forEach { Terminal.line($0.spelling) } } else { lines += page }
        }
        switch format {
        case .jsonl: break
        case .json: Terminal.line(ListFormat.json(lines, hasMore: hasMore))
        case .table where lines.isEmpty: Terminal.line("There is no such event.")
        case .table:
            Terminal.line(TextTable(columns: EventResponse.columns, rows: lines.map(\.record.cells)).text)
        }
        if hasMore, let last, endingBefore == nil {
            Terminal.line("More: add --starting-after \(printable(last)), or --all.", to: .error)
        }
    }
}
