import ArgumentParser
import Billing
import JSON
import Web

/// `console-billing forecast`: what a customer's month will cost, and when the balance is used up.
struct ForecastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Show what a customer's month will cost, and when the balance is used up.",
        discussion: """
            By the prices of the leases that are open, or by the last finished days if one has no price. It asks the \
            running service, with a key of scope feed:read.

            EXAMPLES
              console-billing forecast cus_Rw4mTqPurchase
              console-billing forecast cus_Rw4mTqPurchase --timezone Europe/Berlin --format json
            """
    )

    @Argument(help: "cus_…", transform: given)
    var customer: String
    @Option(help: "The time zone whose month it is.")
    var timezone = "UTC"
    @OptionGroup var service: ServiceConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let query =
            "customer=\(PercentEncoding.encoded(customer))&timezone=\(PercentEncoding.encoded(timezone))"
        let bytes = try await service.connected { try await $0.get("/v1/forecast?\(query)") }
        guard output.chosen == .human else {
            return Terminal.line(String(decoding: bytes, as: UTF8.self))
        }
        Terminal.line(try decoded(ForecastLines.self, from: bytes).text)
    }
}

/// A forecast in words.
private struct ForecastLines: JSONDecodable {
    let text: String

    init(_ json: JSONValue) throws(JSONFieldError) {
        func dollars(_ json: JSONValue?, _ key: StaticString) -> String {
            guard let text = json?.string(key), let amount = ExactAmount(dollars: String(text.prefix(20)))
            else {
                return "unknown"
            }
            return amount.display()
        }
        let month = json["month_end"]
        var lines = [
            "Spent this month     \(dollars(json, "spent_to_date"))",
            "By the month's end   \(dollars(month, "expected")), "
                + "from \(dollars(month, "low")) to \(dollars(month, "high"))",
            "An hour costs        \(dollars(json, "burn_per_hour"))",
        ]
        if let moment: Instant = try json.decodeIfPresent("runs_out_at") {
            lines.append("The balance is used up at \(moment.localText).")
        } else {
            lines.append("The balance is not used up by what is leased now.")
        }
        if let next = json["next_to_close"], let dseq = next.string("dseq") {
            let moment: Instant = try next.decode("at")
            lines.append("Deployment \(printable(dseq)) ends its escrow at \(moment.localText).")
        }
        if json.bool("complete") != true { lines.append("Not all usage is known yet.") }
        text = lines.joined(separator: "\n")
    }
}
