import ArgumentParser
import Billing
import Storage
import Web

/// `console-billing events quarantine`: lists events of known types that could not be read.
struct EventsQuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "List the events that could not be read, with the reason and what to do.",
        discussion: """
            They are on record and acknowledged, so that Stripe does not send them again; what they say is not part of \
            the feed. The reason names a field of the body and what is wrong with it.

            EXAMPLES
              console-billing events quarantine
              console-billing events quarantine --all --format jsonl | jq -r .reason | sort | uniq -c
            """
    )

    @OptionGroup var page: EventPageOptions
    @OptionGroup var service: ServiceConnectionOptions

    func run() async throws {
        try await service.connected { server in
            let more = try await page.show(server, Self.filters) { events in
                Self.text(events.map(\.entry), now: .now)
            }
            if more != nil { Terminal.line("More: add --all.", to: .error) }
        }
    }

    static let filters = [(name: "outcome", value: EventEntry.Disposition.quarantined.rawValue as String?)]

    /// The quarantined events, newest first, a few lines each, and what to do.
    static func text(_ entries: [EventEntry], now: Instant) -> String {
        // Events can arrive out of order, so look for the earliest creation time.
        guard let newest = entries.first, let earliest = entries.map({ $0.created ?? $0.receivedAt }).min()
        else { return "Nothing is quarantined." }
        let blocks = entries.map { entry in
            let received = entry.receivedAt
            let about = entry.objectID.map { " about \($0)" } ?? ""
            let version = entry.apiVersion.map { ", in \($0)" } ?? ""
            let age = DurationText.ago(now.seconds(since: received))
            return printable(
                "\(entry.id)  \(entry.type)\(about)\(version)  received \(received.localText), \(age)"
            )
                + "\n    " + printable(entry.reason ?? "It could not be read.")
        }
        let since = CalendarDate(earliest).text
        let steps = TextTable(
            columns: ["console-billing events show \(printable(newest.id))", "what Stripe sent"],
            rows: [
                [
                    "console-billing reconcile --since \(since) --fix",
                    "fetches from Stripe what they should have shown",
                ],
                ["console-billing events retry", "reads them again, after an upgrade to a version that can"],
            ]
        )
        let next = steps.text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        return (blocks + ["What to do:\n\(next)"]).joined(separator: "\n")
    }
}
