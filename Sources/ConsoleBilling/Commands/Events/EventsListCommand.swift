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
            that Stripe sent in several API versions, to several endpoints, is listed in each. The events of a payment's \
            charges are not those of its --object: GET /v1/transactions/{id} names them all.

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

    @OptionGroup var service: ServiceConnectionOptions

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
        try await service.connected { server in
            let start =
                startingAfter.map { ("starting_after", $0) } ?? endingBefore.map { ("ending_before", $0) }
            let more = try await page.show(server, filter.filters, from: start) { events in
                events.isEmpty
                    ? "There is no such event."
                    : TextTable(columns: EventResponse.columns, rows: events.map(\.cells)).text
            }
            if let more, endingBefore == nil {
                Terminal.line("More: add --starting-after \(printable(more)), or --all.", to: .error)
            }
        }
    }
}
