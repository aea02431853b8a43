import ArgumentParser

/// `console-billing backfill`: fetches missed events and objects from Stripe.
struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Fetch missing events from Stripe, and objects that are older than its events.",
        discussion: """
            Undelivered events first, then every event that has a meaning here, then, of what is older than the \
            thirty days that Stripe keeps events for, payments, refunds, disputes and invoices by list, and all \
            customers. The running service does the work; where none runs, this command does it on the database \
            itself. Killed at any point, the same command goes on from there, and nothing is recorded twice.

            EXIT CODES
              0 done, 1 a part could not be fetched, 64 it needs --yes, 75 Stripe did not answer, 78 the key is refused

            EXAMPLES
              console-billing backfill --since 30d
              console-billing backfill --since 2026-01-01 --rate 5 --yes
            """
    )

    @OptionGroup var options: JobOptions
    @Flag(help: "Only the events that some endpoint has not accepted.")
    var undeliveredOnly = false
    @OptionGroup var client: JobClientOptions
    @OptionGroup var output: OutputOptions

    func validate() throws { try options.validate(.backfill) }

    func run() async throws {
        let parameters = options.parameters(undeliveredOnly ? ["undelivered_only": "true"] : [:])
        try await client.run(.backfill, parameters, output) { job in
            """
            \(printable(job.id)) \(printable(job.state)): \(job.listed) listed, \(job.recorded) new, \
            \(job.known) known, \(job.quarantined) quarantined, \(job.requests) requests.
            """
        }
    }
}
