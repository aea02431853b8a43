import ArgumentParser
import Billing
import Web

/// `console-billing reconcile`: compares the rows of a period with Stripe's lists.
struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compare the transactions of a period with what Stripe lists.",
        discussion: """
            Prints the rows that are missing here, those that Stripe does not have, and the fields that differ. With \
            --fix Stripe's state is recorded in the log, the rows are derived from it, and compared again.

            EXIT CODES
              0 no drift, or none that remains; 1 drift remains; 64 it needs --yes; 75 Stripe did not answer; \
            78 the key is refused

            EXAMPLES
              console-billing reconcile --since 7d
              console-billing reconcile --since 2026-10-01 --until 2026-10-31 --fix
            """
    )

    @OptionGroup var options: JobOptions
    @Flag(help: "Repair the differences that can be repaired.")
    var fix = false
    @OptionGroup var client: JobClientOptions
    @OptionGroup var output: OutputOptions

    func validate() throws { try options.validate(.reconciliation) }

    func run() async throws {
        try await reportingFailures {
            try await client.withClient { client in
                let conversation = JobFollower(
                    client: client,
                    kind: .reconciliation,
                    parameters: options.parameters(fix ? ["fix": "true"] : [:])
                )
                let run = try await conversation.run()
                report(run)
                if run.exitCode != .success { throw run.exitCode }
            }
        }
    }

    private func report(_ run: JobResponse) {
        for complaint in run.complaints { Terminal.line(printable(complaint), to: .error) }
        guard output.chosen == .human else {
            return Terminal.line(String(decoding: run.json, as: UTF8.self))
        }
        guard let comparison = run.comparison else { return }
        if !comparison.drift.isEmpty { Terminal.line(Self.table(comparison.drift).text) }
        let repaired = fix ? ", \(comparison.repaired) repaired" : ""
        Terminal.line(
            "\(comparison.rows) rows compared, \(comparison.driftCount) differences\(repaired), \(run.requests) requests."
        )
    }

    static func table(_ drift: [Drift]) -> TextTable {
        TextTable(
            columns: ["DRIFT", "TRANSACTION", "TYPE", "FIELD", "HERE", "STRIPE"],
            rows: drift.map { drift in
                [
                    drift.kind.rawValue.replacing("_", with: " "), drift.id, drift.type, drift.field ?? "",
                    drift.ours ?? "–", drift.theirs ?? "–",
                ].map(printable)
            }
        )
    }
}
