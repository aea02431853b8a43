import Billing
import Foundation
import Scenarios
import TestSupport
import Testing

/// The spend to come, against `Tests/Reference/forecast_reference.py`, which steps from lease to lease and shares no code
/// with ours.
@Suite struct ForecastTests {
    /// Customers as the reference reads them.
    private struct Customer {
        let json: String
        let leases: [LeaseRecord]
        let height: Int64
        let blocksPerDay: Int64
        let aktPrice: AKTPrice?
        let balance: ExactAmount
        let finished: [ExactAmount]
        let period: Range<Int64>
    }

    private func customer(_ random: inout SeededRandom) throws -> Customer {
        func number(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &random) }
        func decimal(_ whole: ClosedRange<Int64>) -> String {
            let places = Int(number(0...18))
            let digits = (0..<places).map { _ in String(number(0...9)) }.joined()
            return "\(number(whole))" + (digits.isEmpty ? "" : "." + digits)
        }
        let height = number(0...1_000_000)
        let blocksPerDay: Int64 = [14_400, 14_137, 1, number(2...100_000)].randomElement(using: &random) ?? 1
        let akt = number(0...3) == 0 ? nil : decimal(1...9)
        let most: Int64 = [0, 9, 999_999].randomElement(using: &random) ?? 0
        let balance = (number(0...9) == 0 ? "-" : "") + decimal(0...most)
        let finished = (0..<number(0...9)).map { _ in decimal(0...50) }
        let from = number(0...1) == 0 ? 0 : number(0...500_000)
        let to = from + number(0...500_000)
        var (texts, leases): ([String], [LeaseRecord]) = ([], [])
        for dseq in 0..<number(0...30) {
            let denom = ["uact", "uact", "uusdc", "uakt", "uatom"][
                Int(number(0...(number(0...4) == 0 ? 4 : 2)))
            ]
            let price = number(0...9) == 0 ? "0" : decimal(0...2000)
            let end = number(0...2) == 0 ? nil : height + number(0...800_000)
            texts.append(
                #"{"dseq":"\#(dseq)","denom":"\#(denom)","price_per_block":"\#(price)","end":\#(end.map { "\"\($0)\"" } ?? "null")}"#
            )
            leases.append(
                try LeaseRecord.read(
                    #"{"chain_id":"akashnet-2","owner":"akash1o","dseq":"\#(dseq)","gseq":1,"oseq":1,"provider":"akash1p","#
                        + #""denom":"\#(denom)","price_per_block":"\#(price)","created_height":"0","#
                        + #""predicted_end_height":\#(end.map { "\"\($0)\"" } ?? "null"),"state":"active"}"#
                )
            )
        }
        let list = finished.map { "\"\($0)\"" }.joined(separator: ",")
        return Customer(
            json:
                #"{"height":"\#(height)","blocks_per_day":"\#(blocksPerDay)","akt_usd":\#(akt.map { "\"\($0)\"" } ?? "null"),"#
                + #""balance":"\#(balance)","from":"\#(from)","to":"\#(to)","finished":[\#(list)],"leases":[\#(texts.joined(separator: ","))]}"#,
            leases: leases,
            height: height,
            blocksPerDay: blocksPerDay,
            aktPrice: akt.flatMap(AKTPrice.init),
            balance: try #require(ExactAmount(dollars: balance)),
            finished: try finished.map { try #require(ExactAmount(dollars: $0)) },
            period: from..<to
        )
    }

    private func line(_ customer: Customer) -> String {
        let forecast = Forecast(
            customer.leases,
            at: customer.height,
            blocksPerDay: customer.blocksPerDay,
            aktPrice: customer.aktPrice,
            finished: customer.finished
        )
        guard let forecast else { return "unknown" }
        let cost = forecast.cost(of: customer.period)
        #expect(cost.low <= cost.expected && cost.expected <= cost.high)
        return [
            cost.low.exactText, cost.expected.exactText, cost.high.exactText, forecast.burnPerHour.exactText,
            forecast.isTrend ? "trend" : "leases",
            forecast.blocksUntil(customer.balance).map(String.init) ?? "never",
        ].joined(separator: " ")
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `2,500 generated customers have what the reference says, to the last digit`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let customers = try (0..<2500).map { _ in try customer(&random) }
        let file = FileManager.default.temporaryDirectory.appending(path: "forecast-\(UUID()).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(customers.map(\.json).joined(separator: "\n").utf8).write(to: file)
        let theirs = try PythonReference.lines("forecast_reference.py", [file.path])
        let ours = customers.map(line)
        #expect(ours.count == theirs.count)
        for (index, (our, their)) in zip(ours, theirs).enumerated() where our != their {
            Issue.record("ours \(our), theirs \(their): \(customers[index].json)")
            break
        }
        // Each kind of answer is there.
        for word in ["unknown", "leases", "trend", "never"] { #expect(theirs.contains { $0.contains(word) }) }
    }
}
