import ArgumentParser
import HTTPClient
import JSON

/// `console-billing erase`: asks the running service to erase a customer's personal data.
struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase a customer's personal data, and keep the amounts.",
        discussion: """
            Names, addresses, card numbers' last digits, descriptions, links and the user of Console go from the log, \
            from what is derived from it and from the archive of this service; amounts, currencies, dates, ids, \
            states and numbers of receipts stay, and so does every row of the feed. What Stripe sends of the customer \
            later is recorded without personal data. There is no way back. Backups are not touched.

            EXAMPLES
              console-billing erase cus_Rw4mTqPurchase --dry-run
              console-billing erase cus_Rw4mTqPurchase

            EXIT CODES
              0 done, 65 the customer is unknown, 75 a rebuild is running: try again
            """
    )

    @Argument(help: "cus_…")
    var customer: String

    @Option(help: "The connected account whose customer it is, acct_….")
    var account: String?

    @Flag(help: "Only say what there is to erase.")
    var dryRun = false

    @OptionGroup var service: ServiceConnectionOptions
    @OptionGroup var output: OutputOptions

    private struct Erasure: JSONDecodable {
        let wasErased: Bool
        let events: Int
        let transactions: Int
        let corrections: Int
        let tagged: Int
        let links: Int
        let archives: [String]

        init(_ json: JSONValue) throws(JSONFieldError) {
            wasErased = try json.decode("erased_before")
            events = try json.decode("events")
            transactions = try json.decode("transactions")
            corrections = try json.decode("corrections")
            tagged = try json.decode("tagged")
            links = try json.decode("links")
            archives = try json.decode("archives")
        }
    }

    func run() async throws {
        let body = JSONWriter.object { json in
            json.member("account", account)
            json.member("customer", customer)
            json.member("dry_run", dryRun)
        }
        let bytes = try await service.connected {
            try await $0.post("/v1/erasures", body, patience: .seconds(3600))
        }
        guard output.chosen == .human else {
            return Terminal.line(String(decoding: bytes, as: UTF8.self))
        }
        show(try decoded(Erasure.self, from: bytes))
    }

    private func show(_ erasure: Erasure) {
        let verb = dryRun ? "would be erased" : "were erased"
        Terminal.line(
            "\(erasure.events) events, the reasons of \(erasure.corrections) corrections of usage, "
                + "the tags of \(erasure.tagged) deployments and \(erasure.links) links to users \(verb); "
                + "\(erasure.transactions) rows of the feed stay, without personal data."
        )
        if !erasure.archives.isEmpty {
            let files = erasure.archives.map(printable).joined(separator: ", ")
            Terminal.line(dryRun ? "In the archive: \(files)." : "Taken out of the archive: \(files).")
        }
        if erasure.wasErased { Terminal.line("The customer had been erased before.") }
        if !dryRun { Terminal.line("Backups made before today have the data still.", to: .error) }
    }
}
