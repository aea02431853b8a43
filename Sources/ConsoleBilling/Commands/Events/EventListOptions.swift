import ArgumentParser
import Billing
import Storage
import Web

extension EventEntry.Disposition: ExpressibleByArgument {}
extension EventSource: ExpressibleByArgument {}

extension ListFormat: ExpressibleByArgument {
    /// Other commands call this format `human`, so it is accepted here too.
    init?(argument: String) { self.init(rawValue: argument == "human" ? "table" : argument) }
}

/// The filters of `GET /v1/events`.
struct EventFilterOptions: ParsableArguments {
    @Option(help: "Only of this type, such as charge.refunded, or of a family, such as charge.*.")
    var type: String?

    @Option(help: "Only of this outcome.")
    var outcome: EventEntry.Disposition?

    @Option(help: "Only events that Stripe posted (webhook), or that the service fetched from Stripe (api).")
    var source: EventSource?

    @Option(help: "Only about this object, such as ch_….")
    var object: String?

    @Option(help: "Only of this connected account, acct_….")
    var account: String?

    @Option(help: "Only of live mode (true), or of test mode (false).")
    var livemode: Bool?

    @Option(
        help:
            "Only received since: 30d or 12h (ago), a day, a time such as 2026-11-01T10:00:00Z, or unix seconds."
    )
    var since: String?

    @Option(help: "Only received until then, spelt the same way.")
    var until: String?

    func validate() throws {
        for (option, text) in [("--since", since), ("--until", until)] {
            guard let text, MomentText.instant(text, now: .now) == nil else { continue }
            throw ValidationError("\(option) takes \(MomentText.accepts).")
        }
    }

    var filters: [(name: String, value: String?)] {
        [
            ("type", type), ("outcome", outcome?.rawValue), ("source", source?.rawValue), ("object", object),
            ("account", account), ("livemode", livemode.map { "\($0)" }), ("since", since), ("until", until),
        ]
    }
}

/// How many events to list, and in which format.
struct EventPageOptions: ParsableArguments {
    @Option(help: "How many at most (default: 20).")
    var limit: Int?

    @Flag(help: "All matching events.")
    var all = false

    @Option(help: "By default a table on a terminal and json elsewhere; jsonl is one event a line.")
    var format: ListFormat?

    func validate() throws {
        guard limit == nil || !all else { throw ValidationError("--all knows no --limit.") }
        try (1...1_000_000_000).validate(count, option: "--limit")
    }

    var count: Int { all ? 1_000_000_000 : limit ?? 20 }

    /// Reads and prints events, JSON Lines as they arrive, and returns the cursor at which there are more.
    func show(
        _ server: ServerConnection,
        _ filters: [(name: String, value: String?)],
        from start: (name: String, id: String)? = nil,
        table: ([EventResponse]) -> String
    ) async throws -> String? {
        let reader = EventResponse.reader(server, filters)
        let format = format ?? (Terminal.Stream.output.isTerminal ? .table : .json)
        var lines: [ListReader<EventResponse>.Line] = []
        var last: String?
        let hasMore = try await reader.read(limit: count, from: start) { page in
            last = page.last.map { reader.cursor($0.element) } ?? last
            if format == .jsonl { page.forEach { Terminal.line($0.spelling) } } else { lines += page }
        }
        switch format {
        case .jsonl: break
        case .json: Terminal.line(reader.json(lines, hasMore: hasMore))
        case .table: Terminal.line(table(lines.map(\.element)))
        }
        return hasMore ? last : nil
    }
}

/// The output format of a list.
enum ListFormat: String, CaseIterable { case table, json, jsonl }

extension EventResponse {
    static func reader(
        _ server: ServerConnection,
        _ filters: [(name: String, value: String?)]
    ) -> ListReader<EventResponse> {
        ListReader(server: server, path: "/v1/events", filters: filters) { $0.entry.key.text }
    }
}
