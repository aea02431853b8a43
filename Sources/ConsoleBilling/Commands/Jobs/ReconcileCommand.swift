import ArgumentParser
import Billing
import Storage

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
        try await client.run(.reconciliation, options.parameters(fix ? ["fix": "true"] : [:]), output) {
            job in
            job.comparison.map { comparison in
                let table = comparison.drift.isEmpty ? "" : Self.table(comparison.drift).text + "\n"
                let repaired = fix ? ", \(comparison.repaired) repaired" : ""
                return table
                    + "\(comparison.rows) rows compared, \(comparison.driftCount) differences\(repaired), "
                    + "\(job.requests) requests."
            }
        }
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
