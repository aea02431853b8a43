import ArgumentParser
import Billing
import Web

/// `console-billing reconcile`: compares the rows of a period with Stripe's lists.
struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compare the transactions of a period with what Stripe lists.",
        discussion: """
            Prints what is missing here, what Stripe does not know, and what differs, field by field. With --fix \
            what Stripe says enters through the log, and the rows are derived from it; then they are compared again.

            EXIT CODES
              0 no drift, or none that remains; 1 drift remains; 64 it needs --yes; 75 Stripe did not answer; \
            78 the key is refused

            EXAMPLES
              console-billing reconcile --since 7d
              console-billing reconcile --since 2026-10-01 --until 2026-10-31 --fix
            """
    )

    @OptionGroup var options: UpkeepOptions
    @Flag(help: "Mend what can be mended.")
    var fix = false
    @OptionGroup var desk: UpkeepDeskOptions
    @OptionGroup var output: OutputOptions

    func validate() throws { try options.validate(.reconciliation) }

    func run() async throws {
        try await reportingFailures {
            try await desk.withDesk { desk in
                let conversation = UpkeepConversation(
                    desk: desk,
                    kind: .reconciliation,
                    parameters: options.parameters(fix ? ["fix": "true"] : [:])
                )
                let run = try await conversation.run()
                report(run)
                if run.exitCode != .success { throw run.exitCode }
            }
        }
    }

    private func report(_ run: UpkeepRunResponse) {
        for complaint in run.complaints { Terminal.line(printable(complaint), to: .error) }
        guard output.chosen == .human else {
            return Terminal.line(String(decoding: run.json, as: UTF8.self))
        }
        guard let comparison = run.comparison else { return }
        if !comparison.drift.isEmpty { Terminal.line(Self.table(comparison.drift).text) }
        let mended = fix ? ", \(comparison.mended) mended" : ""
        Terminal.line(
            "\(comparison.rows) rows compared, \(comparison.driftCount) differences\(mended), \(run.requests) requests."
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
