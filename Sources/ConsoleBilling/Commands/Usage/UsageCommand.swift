import ArgumentParser
import Foundation
import HTTPClient
import JSON
import StripeAPI

/// `console-billing usage`: sends usage records of the chain to the running service.
struct UsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Import leases, the chain's calendar, and which customer has which addresses.",
        discussion: """
            What a day cost follows from leases (owner, provider, resources, price per block) and from the calendar (which \
            heights were which day, and what AKT cost). The service accepts them with a key of scope usage:write.

            EXAMPLES
              console-billing usage import leases.jsonl calendar.csv accounts.json
              console-billing usage sync --last
            """,
        subcommands: [Import.self, UsageSyncCommand.self]
    )

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Import records from JSON, JSONL or CSV.",
            discussion: """
                Each file holds records of one kind: leases, days of the calendar, or accounts. All of them are \
                checked before the first is sent. If the service limits the rate of requests, the command waits. A bad line is named with its number, field and reason, and nothing \
                of its file is kept, unless --skip-bad. A field or column that no such record has is bad, too. \
                Importing again changes nothing. Final days that a record contradicts stay as they were, and are listed.

                EXAMPLES
                  console-billing usage import leases.jsonl calendar.csv
                  console-billing usage import - < leases.jsonl

                EXIT CODES
                  0 all were imported, 1 bad lines were skipped or final days contradicted, 65 a file has bad lines
                """
        )

        @Argument(help: "Files; - for standard input.")
        var files: [String]

        @Flag(help: "Skip the lines that are not valid records.")
        var skipBad = false

        @OptionGroup var service: ServiceConnectionOptions
        @OptionGroup var output: OutputOptions

        private static let recordsAtATime = 1000
        private static let shownFaults = 20

        func run() async throws {
            // Import leases first: a newer calendar closes its final days for the owners known so far.
            let read = try files.map { (name: $0, file: try load($0)) }.sorted {
                $0.file.kind < $1.file.kind
            }
            let outcome = try await service.connected { server in
                var outcome = UsageImportOutcome()
                for (name, file) in read { try await send(file, named: name, to: server, &outcome) }
                return outcome
            }
            report(outcome)
            if outcome.skipped > 0 || outcome.contradictions > 0 { throw Sysexits.partlyFailed }
        }

        private func load(_ name: String) throws(CommandFailure) -> UsageFile {
            let data =
                name == "-"
                ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: name)
            guard let data else {
                throw CommandFailure(Sysexits.badData, "\(name): the file cannot be read.")
            }
            let file: UsageFile
            do {
                file = try UsageFile(Array(data), isCSV: name.lowercased().hasSuffix(".csv"))
            } catch {
                throw CommandFailure(Sysexits.badData, "\(name): \(printable("\(error)")).")
            }
            for fault in file.faults.prefix(Self.shownFaults) {
                Terminal.line("\(name): \(printable("\(fault)"))", to: .error)
            }
            if file.faults.count > Self.shownFaults {
                Terminal.line("\(name): and \(file.faults.count - Self.shownFaults) more", to: .error)
            }
            guard file.faults.isEmpty || skipBad else {
                throw CommandFailure(
                    Sysexits.badData,
                    "\(name): \(file.faults.count) of \(file.faults.count + file.records.count) lines are bad. Nothing "
                        + "was imported; correct them, or skip them with --skip-bad."
                )
            }
            return file
        }

        private func send(
            _ file: UsageFile,
            named name: String,
            to server: ServerConnection,
            _ outcome: inout UsageImportOutcome
        ) async throws {
            // The days of a calendar are checked against each other, so they are sent together.
            let size = file.kind == .calendar ? 10_000 : Self.recordsAtATime
            let progress = ProgressBar(total: (file.records.count + size - 1) / size)
            defer { progress.clear() }
            for start in stride(from: 0, to: file.records.count, by: size) {
                let batch = file.records[start..<min(start + size, file.records.count)]
                let body = JSONWriter.bytes(of: batch.map { JSONText($0) })
                let request = TransportRequest(
                    file.kind == .accounts ? .put(body) : .post(body),
                    url: server.base.appending(file.kind.path).description,
                    limits: TransportLimits(totalTimeout: .seconds(300))
                )
                do {
                    outcome.add(try decoded(UsageIntakeResponse.self, from: try await server.send(request)))
                } catch {
                    Terminal.line(
                        "\(name): the records \(start + 1) to \(start + batch.count) were not taken, the "
                            + "\(outcome.accepted) before them were. Import again when that is mended: what is stored "
                            + "already stays as it is.",
                        to: .error
                    )
                    throw error
                }
                progress.advance()
            }
            outcome.skipped += file.faults.count
        }

        private func report(_ outcome: UsageImportOutcome) {
            for warning in outcome.warnings { Terminal.line(printable(warning), to: .error) }
            switch output.chosen {
            case .json: Terminal.line(outcome.json.compact)
            case .human:
                for day in outcome.contradicted.prefix(Self.shownFaults) {
                    Terminal.line(printable(day.description), to: .error)
                }
                Terminal.line(outcome.line)
            }
        }
    }
}
