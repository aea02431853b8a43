import ArgumentParser
import Billing
import Foundation

/// `console-billing events`: reads and mends the running service's log of events.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Read the log of events, send one again, derive the feed again.",
        subcommands: [List.self, Show.self, Resend.self, Reproject.self]
    )

    /// An event of the log as the service tells it.
    struct Record: Decodable {
        let id: String
        let type: String
        let created: Int64?
        let received_at: Int64
        let livemode: Bool
        let account: String?
        let api_version: String?
        let source: String
        let outcome: String
        let reason: String?
        let object_id: String?
        let size: Int
        let payload: String?
    }

    private struct Page: Decodable {
        let data: [Record]
        let has_more: Bool
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List events, the newest first.")

        @Option(help: "Only of this type, such as charge.refunded.")
        var type: String?

        @Option(help: "Only projected, ignored, quarantined or other_mode.")
        var outcome: String?

        @Option(help: "Only from webhook or api.")
        var source: String?

        @Option(help: "Only about this object, such as ch_….")
        var object: String?

        @Option(help: "How many, from 1 to 100.")
        var limit = 20

        @Option(help: "Only those after this one, which are older.")
        var startingAfter: String?

        @Option(help: "Only those before this one, which are newer.")
        var endingBefore: String?

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Where serve --dev left its secrets.")
        var credentials = DevelopmentCredentials.defaultPath
        @OptionGroup var output: OutputOptions

        func validate() throws { try (1...100).validate(limit, option: "--limit") }

        func run() async throws {
            try await reportingFailures {
                let query = [
                    ("type", type), ("outcome", outcome), ("source", source), ("object", object),
                    ("limit", String(limit)),
                    ("starting_after", startingAfter), ("ending_before", endingBefore),
                ].compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
                let bytes = try await connection.connected(credentials: credentials) {
                    try await $0.get("/v1/events?\(query.joined(separator: "&"))")
                }
                guard output.chosen == .human else {
                    return Terminal.line(String(decoding: bytes, as: UTF8.self))
                }
                show(try decoded(Page.self, from: bytes))
            }
        }

        private func show(_ page: Page) {
            guard !page.data.isEmpty else { return Terminal.line("There is no such event.") }
            let table = TextTable(
                columns: ["RECEIVED", "EVENT", "TYPE", "OBJECT", "OUTCOME"],
                rows: page.data.map { record in
                    [
                        Instant(unixSeconds: record.received_at).localText, record.id, record.type,
                        record.object_id ?? "", record.outcome + (record.reason.map { ": " + $0 } ?? ""),
                    ].map(printable)
                }
            )
            Terminal.line(table.text)
            if page.has_more, let last = page.data.last {
                Terminal.line("More: add --starting-after \(printable(last.id))", to: .error)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one event and its body.")

        @Argument(help: "evt_…")
        var id: String

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Where serve --dev left its secrets.")
        var credentials = DevelopmentCredentials.defaultPath
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await reportingFailures {
                let bytes = try await connection.connected(credentials: credentials) {
                    try await $0.get("/v1/events/\(escaped(id))")
                }
                guard output.chosen == .human else {
                    return Terminal.line(String(decoding: bytes, as: UTF8.self))
                }
                let record = try decoded(Record.self, from: bytes)
                let facts = [
                    ("id", record.id), ("type", record.type),
                    ("created", record.created.map { Instant(unixSeconds: $0).localText } ?? "–"),
                    ("received", Instant(unixSeconds: record.received_at).localText),
                    ("mode", record.livemode ? "live" : "test"), ("account", record.account ?? "–"),
                    ("API version", record.api_version ?? "–"), ("source", record.source),
                    ("outcome", record.outcome + (record.reason.map { ": " + $0 } ?? "")),
                    ("object", record.object_id ?? "–"), ("size", "\(record.size) bytes"),
                ]
                for (name, value) in facts {
                    Terminal.line(name + String(repeating: " ", count: 13 - name.count) + printable(value))
                }
                // Line by line, since a body is its lines and only those are to reach the terminal.
                let lines = (record.payload ?? "").split(separator: "\n", omittingEmptySubsequences: false)
                Terminal.line("\n" + lines.map { printable(String($0)) }.joined(separator: "\n"))
            }
        }
    }

    struct Resend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign stored bodies anew and post them.",
            discussion:
                "The service knows the events already, and says so: duplicate is the answer of health."
        )

        @Argument(help: "evt_…")
        var ids: [String]

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var delivery: DeliveryOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await reportingFailures {
                let events = try await connection.connected(credentials: delivery.credentials) { server in
                    var events: [EventBody] = []
                    for id in ids {
                        let record = try decoded(
                            Record.self,
                            from: await server.get("/v1/events/\(escaped(id))")
                        )
                        events.append(
                            EventBody(
                                id: record.id,
                                type: record.type,
                                livemode: record.livemode,
                                bytes: Array((record.payload ?? "").utf8)
                            )
                        )
                    }
                    return events
                }
                let report = try await delivery.send(DeliveryPlan(events), format: output.chosen)
                if report.exitCode != .success { throw report.exitCode }
            }
        }
    }

    struct Reproject: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Derive the feed again from the log.",
            discussion: "Without an id, from every event. A feed that was right does not change."
        )

        @Argument(help: "evt_…; without one, all events.")
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
}
