import ArgumentParser
import Billing

/// `console-billing events show`.
struct EventsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one event and its body.",
        discussion: """
            The body is what Stripe sent, byte for byte; with --format json it is the member `payload`.

            EXAMPLES
              console-billing events show evt_3RBmzrHT5vkQXp9L
              console-billing events show evt_3RBmzrHT5vkQXp9L --format json | jq -r .payload > event.json
            """
    )

    @Argument(help: "The event's id, evt_….")
    var id: String

    @OptionGroup var connection: ConnectionOptions
    @Option(help: "Where serve --dev left its secrets.")
    var credentials = DevelopmentCredentials.defaultPath
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let bytes = try await connection.connected(credentials: credentials) {
                try await $0.event(id)
            }
            guard output.chosen == .human else {
                return Terminal.line(String(decoding: bytes, as: UTF8.self))
            }
            show(try decoded(EventRecord.self, from: bytes))
        }
    }

    private func show(_ record: EventRecord) {
        let facts = [
            ("id", record.id), ("type", record.type),
            ("created", record.created.map { Instant(unixSeconds: $0).localText } ?? "–"),
            ("received", Instant(unixSeconds: record.received_at).localText),
            ("mode", record.livemode ? "live" : "test"), ("account", record.account ?? "–"),
            ("API version", record.api_version ?? "–"), ("source", record.source),
            ("outcome", record.outcomeText), ("object", record.object_id ?? "–"),
            ("size", "\(record.size) bytes"),
        ]
        for (name, value) in facts {
            Terminal.line(name + String(repeating: " ", count: 13 - name.count) + printable(value))
        }
        if let removal = record.removal {
            return Terminal.line("body         " + printable(removal.account))
        }
        // Line by line, since a body is its lines and only those are to reach the terminal.
        let lines = (record.payload ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        Terminal.line("\n" + lines.map { printable(String($0)) }.joined(separator: "\n"))
    }
}

extension ServerConnection {
    /// - Throws: ``CommandFailure``, which says where to look where there is no such event.
    func event(_ id: String) async throws(CommandFailure) -> [UInt8] {
        do {
            return try await get("/v1/events/\(escaped(id))")
        } catch {
            guard error.code == Sysexits.badData else { throw error }
            throw CommandFailure(
                error.code,
                "There is no event \(printable(id)) in the log of \(base). `console-billing events list` shows those "
                    + "there are; `console-billing backfill --since 30d` gets what was missed."
            )
        }
    }
}
