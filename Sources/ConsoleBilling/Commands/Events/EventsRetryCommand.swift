import ArgumentParser
import Billing
import Scenarios
import Storage
import Web

/// `console-billing events retry`: reads quarantined events again.
struct EventsRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Read quarantined events again, with today's code.",
        discussion: """
            Without an id, all that are quarantined, the oldest first. What can be read now becomes part of the feed; \
            what cannot stays where it is, and says why. Nothing is lost or done twice, however often it is tried.

            EXAMPLES
              console-billing events retry
              console-billing events retry evt_3RBmzrHT5vkQXp9L

            EXIT CODES
              0 all could be read, or none was quarantined; 1 some still cannot be read; 65 there is no such event
            """
    )

    @Argument(help: "Ids of events, evt_…; without one, all that are quarantined.", transform: given)
    var ids: [String] = []

    @OptionGroup var service: ServiceConnectionOptions
    @OptionGroup var output: OutputOptions

    /// The result for each event.
    struct Outcome {
        private(set) var repaired: [EventEntry] = []
        private(set) var failed: [EventEntry] = []
        private(set) var changedRows = 0

        mutating func add(_ event: EventEntry, changedRows: Int) {
            if event.disposition == .quarantined { failed.append(event) } else { repaired.append(event) }
            self.changedRows += changedRows
        }

        var text: String {
            guard !repaired.isEmpty || !failed.isEmpty else { return "Nothing is quarantined." }
            let reasons = failed.map { event in
                printable("\(event.id)  \(event.type)") + "\n    "
                    + printable(event.reason ?? "It cannot be read.")
            }
            let count =
                "\(repaired.count) repaired, \(changedRows) rows of the feed changed; \(failed.count) still cannot be read."
            return (reasons + [count]).joined(separator: "\n")
        }

        var json: OrderedJSON {
            [
                "object": "retry", "repaired": .array(repaired.map { .string($0.id) }),
                "failed": .array(
                    failed.map {
                        ["id": .string($0.id), "type": .string($0.type), "reason": .text($0.reason)]
                    }
                ),
                "changed": .integer(Int64(changedRows)),
            ]
        }
    }

    func run() async throws {
        let outcome = try await service.connected { server in
            let ids = try await self.ids.isEmpty ? quarantined(server) : self.ids
            let bar = ProgressBar(total: ids.count)
            defer { bar.clear() }
            var outcome = Outcome()
            for id in ids {
                let result = try await retry(id, server)
                if let event = result.event { outcome.add(event, changedRows: result.changed) }
                bar.advance()
            }
            return outcome
        }
        Terminal.line(output.chosen == .human ? outcome.text : outcome.json.compact)
        if !outcome.failed.isEmpty {
            if output.chosen == .human {
                Terminal.line("`console-billing events quarantine` says what to do.", to: .error)
            }
            throw Sysexits.partlyFailed
        }
    }

    /// The ids of all quarantined events, oldest first, each once even if several API versions are
    /// quarantined.
    private func quarantined(_ server: ServerConnection) async throws -> [String] {
        var ids: [String] = []
        _ = try await EventResponse.reader(server, EventsQuarantineCommand.filters).read(limit: .max) {
            page in
            ids += page.map(\.element.entry.id)
        }
        var seen: Set<String> = []
        return ids.reversed().filter { seen.insert($0).inserted }
    }

    private func retry(_ id: String, _ server: ServerConnection) async throws(CommandFailure) -> Reprojection
    {
        do {
            let path = "/v1/events/\(PercentEncoding.encoded(id))/reproject"
            return try decoded(Reprojection.self, from: await server.post(path))
        } catch {
            guard error.code == Sysexits.badData else { throw error }
            throw CommandFailure(
                error.code,
                "There is no event \(printable(id)) in the log of \(server.base). `console-billing events quarantine` "
                    + "lists those that wait."
            )
        }
    }
}
