import ArgumentParser
import Billing
import JSON
import Scenarios

/// `console-billing trigger`: generates stories of payments and posts their events.
struct TriggerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger",
        abstract: "Generate a payment and post its events.",
        discussion: """
            The events of a story belong together: the same payment, charge and customer in each. Stories that are \
            triggered together are of one customer.

            EXAMPLES
              console-billing trigger --list
              console-billing trigger purchase refund.partial --customer cus_1 --amount 2500
            """
    )

    @Argument(help: "Names of stories.")
    var scenarios: [String] = []

    @Flag(help: "List all stories.")
    var list = false

    @Option(help: "The customer of the payment (default: a generated one).")
    var customer: String?

    @Option(help: "In minor units: cents, yen.")
    var amount: Int64 = 2500

    @Option(help: "Stripe's code of the currency.")
    var currency = "usd"

    @Option(help: "Send in an order that this number decides.")
    var shuffle: UInt64?

    @Option(help: "Decides every id; the same seed makes the same story (default: another one each time).")
    var seed: UInt64?

    @OptionGroup var delivery: DeliveryOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard list || !scenarios.isEmpty else {
            throw ValidationError("Name a story. `console-billing trigger --list` shows them.")
        }
        guard 1...999_999_999_999 ~= amount else {
            throw ValidationError("--amount takes minor units from 1 to 999999999999.")
        }
        guard Currency(parsing: currency) != nil else {
            throw ValidationError("--currency takes a code of 3 to 8 letters and digits, such as usd.")
        }
        if let customer, !StripeID.isValid(customer) {
            throw ValidationError(
                "--customer takes an id such as cus_123: visible ASCII, 255 characters at most."
            )
        }
        _ = try chosen()
    }

    func run() async throws {
        guard !list else { return showList() }
        let stories = try self.stories(now: .now)
        let events = stories.flatMap(\.events).map {
            EventBody(id: $0.id, type: $0.type, livemode: false, bytes: $0.body)
        }
        let format = output.chosen
        let report = try await delivery.send(SendPlan(events, shuffleSeed: shuffle), format: format) {
            seen in
            // Refused events will not appear in the feed.
            if seen.exitCode == .success || format == .json { stories.forEach { show($0, format) } }
        }
        if report.exitCode != .success { throw report.exitCode }
    }

    /// The chosen stories, all of one customer and all ending by now.
    func stories(now: Instant) throws -> [Fixture] {
        var random = SeededRandom(seed: seed ?? .random(in: .min ... .max))
        let shared = Scenario.madeUpCustomer(using: &random)
        return try chosen().map { scenario in
            let options = ScenarioOptions(
                customer: customer ?? shared,
                amount: amount,
                currency: Currency(currency),
                seed: random.next()
            )
            return scenario.story(options, endingAt: now)
        }
    }

    private func chosen() throws -> [Scenario] {
        try scenarios.map { name in
            if let scenario = ScenarioCatalog.scenario(named: name) { return scenario }
            let nearest = Spelling.nearest(to: name, among: ScenarioCatalog.names)
            throw ValidationError(
                "There is no story \(printable(name)). "
                    + (nearest.map { "Did you mean \($0)?" } ?? "`console-billing trigger --list` shows them.")
            )
        }
    }

    // MARK: Showing

    private func showList() {
        switch output.chosen {
        case .human:
            let rows = ScenarioCatalog.all.map { [$0.name, $0.summary] }
            Terminal.line(TextTable(columns: ["STORY", "WHAT HAPPENS"], rows: rows).text)
        case .json:
            for scenario in ScenarioCatalog.all {
                let line: OrderedJSON = [
                    "object": "scenario", "name": .string(scenario.name),
                    "summary": .string(scenario.summary),
                ]
                Terminal.line(line.compact)
            }
        }
    }

    /// Prints the rows that the feed should show for a story.
    private func show(_ story: Fixture, _ format: OutputFormat) {
        switch format {
        case .human:
            for row in story.rows {
                let money = Money(minorUnits: row.amount, currency: Currency(currency)).display
                let back = Money(minorUnits: row.amountRefunded, currency: Currency(currency)).display
                let refunded = row.amountRefunded > 0 ? " (\(back) refunded)" : ""
                Terminal.line(
                    "\(story.name): \(row.type.rawValue) \(row.id) of \(row.customer ?? "no customer") is to show as "
                        + "\(row.status), \(money)\(refunded)"
                )
            }
        case .json:
            let rows = story.rows.map { row -> OrderedJSON in
                [
                    "id": .string(row.id),
                    "type": .string(row.type.rawValue),
                    "status": .string(row.status),
                    "amount": .integer(row.amount),
                    "amount_refunded": .integer(row.amountRefunded),
                    "currency": .string(currency.lowercased()),
                    "customer": .text(row.customer),
                ]
            }
            let line: OrderedJSON = ["object": "story", "name": .string(story.name), "rows": .array(rows)]
            Terminal.line(line.compact)
        }
    }
}
