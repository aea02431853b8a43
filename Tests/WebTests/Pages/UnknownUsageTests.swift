import Billing
import Foundation
import Testing

@testable import Web

/// Days that are not indexed, and months that a range cuts, on the page and in the API.
@Suite(.timeLimit(.minutes(5)))
struct UnknownUsageTests {
    private static let firstDay = "2026-01-20"

    /// A lease of $1.44 a day from the first indexed day on, and the calendar through a day.
    private func deliver(
        through last: String,
        isFinal: Bool,
        createdBefore blocks: Int = 0,
        to harness: WebHarness
    ) async throws {
        let first = try #require(CalendarDate(Self.firstDay))
        let last = try #require(CalendarDate(last))
        let days = (first...last).enumerated().map { index, date in
            let (begin, isOver) = (1_000_000 &+ index &* 14_400, date < last || isFinal)
            return #"{"date":"\#(date.text)","first_height":"\#(begin)","#
                + (isOver ? #""last_height":"\#(begin + 14_399)","# : "")
                + #""last_height_yet":"\#(begin + (isOver ? 14_399 : 7199))","akt_usd":null,"final":\#(isOver)}"#
        }
        let lease = UsageSample.lease(1, created: 1_000_000 - blocks, price: "100")
        for (path, body) in [("leases", lease), ("calendar", days.joined(separator: "\n"))] {
            let answer = try await harness.post("/v1/usage/\(path)", Array(body.utf8), key: .usage)
            #expect(answer.status == 200, "\(answer.text)")
        }
        #expect(try await harness.putAccounts(UsageSample.accounts()).status == 200)
        try await harness.deliver([
            .charge("ch_1", amount: 50_000, created: TestClock.start.adding(seconds: -20 &* 86_400))
        ])
    }

    /// The rows of a table of the page, from the top: the day or month, whether it is marked "so far", and the
    /// first and all cells as text.
    private func rows(
        _ page: String,
        _ table: String
    ) throws -> [(day: String, isOpen: Bool, cells: [String])] {
        let from = try #require(page.range(of: "id=\"table-\(table)\""))
        let table = page[from.upperBound...].components(separatedBy: "</table>")[0]
        return table.components(separatedBy: "<tr").dropFirst(2).map { row in
            let day =
                row.components(separatedBy: "datetime=\"").dropFirst().first?.prefix { $0 != "\"" } ?? ""
            let cells = row.components(separatedBy: "<td").dropFirst().map { text("<td" + $0) }
            return (String(day), row.hasPrefix(" class=\"open\""), cells)
        }
    }

    /// A tile as text: the figure and its notes.
    private func tile(_ name: String, _ page: String) throws -> [String] {
        let part = try #require(page.components(separatedBy: "<h3>\(name)</h3>").dropFirst().first)
        return part.components(separatedBy: "</div>")[0].components(separatedBy: "</p>").map { text($0) }
            .filter { !$0.isEmpty }
    }

    /// The links of the page's files.
    private func links(_ page: String) -> [String] {
        page.components(separatedBy: "<p class=\"file\"><a href=\"").dropFirst().map { part in
            String(part.prefix { $0 != "\"" }).replacing("&amp;", with: "&")
        }
    }

    /// The text in place of the table of daily usage.
    private func emptyText(_ page: String) -> String? {
        page.components(separatedBy: "<div class=\"empty\"><p>").dropFirst().first?
            .components(separatedBy: "</p>")[0]
    }

    /// HTML without its tags.
    private func text(_ html: String) -> String {
        html.replacing(/<[^>]*>/, with: "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    // MARK: Months

    @Test(arguments: [
        ("2026-02-10", "2026-02-20"), ("2026-02-01", "2026-02-01"), ("2026-01-25", "2026-02-28"),
    ])
    func `months are whole, whatever days are chosen, in the table and in its file`(
        from: String,
        to: String
    ) async throws {
        try await WebHarness.with { harness in
            try await deliver(through: "2026-03-14", isFinal: false, to: harness)
            let page = try await harness.visit("/billing/usage?from=\(from)&to=\(to)").text
            let months = try rows(page, "months").prefix(3)
            #expect(months.map(\.day) == ["2026-02", "2026-01", "2025-12"])
            #expect(months.map(\.cells) == [["$40.32"], ["$17.28"], ["–"]])
            #expect(months.allSatisfy { !$0.isOpen })
            let link = "/v1/usage/monthly?format=csv&customer=cus_one&from=2025-09-01&to=2026-02-28"
            #expect(links(page).contains(link))
            let file = try await harness.get(link).csv
            #expect(file.column("Spent (USD)") == ["", "", "", "", "17.28", "40.32"])
            #expect(file.column("Complete") == ["no", "no", "no", "no", "yes", "yes"])
        }
    }

    @Test(arguments: [0, 1])
    func `only the current month is not finished, unless something was leased before the first indexed day`(
        blocks: Int
    ) async throws {
        try await WebHarness.with { harness in
            try await deliver(through: "2026-03-14", isFinal: false, createdBefore: blocks, to: harness)
            let page = try await harness.visit("/billing/usage?range=12m").text
            let open = try rows(page, "months").filter(\.isOpen).map(\.day)
            #expect(open == (blocks == 0 ? ["2026-03"] : ["2026-03", "2026-01"]))
        }
    }

    // MARK: Nothing indexed

    @Test(arguments: [true, false])
    func `if nothing is indexed, the spend of a customer with an address is unknown, and of others zero`(
        hasAddress: Bool
    ) async throws {
        try await WebHarness.with { harness in
            if hasAddress { #expect(try await harness.putAccounts(UsageSample.accounts()).status == 200) }
            try await harness.deliver([.charge("ch_1", amount: 2500)])
            let balance = try await harness.get("/v1/balance?customer=cus_one").json["balances"]?[0]
            #expect(balance?["spent"] == (hasAddress ? .null : "0"))
            #expect(balance?["complete"] == .bool(!hasAddress))
            let page = try await harness.visit("/billing/usage").text
            #expect(try tile("Spent this month", page).first == (hasAddress ? "–" : "$0.00"))
            #expect(
                try tile("Burn per hour", page) == (hasAddress ? ["–"] : ["$0.00", "Nothing is leased now"])
            )
            let said =
                hasAddress
                ? "What was leased on these days is not known yet." : "Nothing was leased on these days."
            #expect(emptyText(page) == said)
            let days = try rows(page, "balance")
            #expect(days.allSatisfy { !$0.isOpen })
            #expect(days.allSatisfy { $0.cells[4] == (hasAddress ? "–" : "$0.00") })
        }
    }

    @Test func `days without a lease are told from days that are not indexed`() async throws {
        try await WebHarness.with { harness in
            try await deliver(through: "2026-03-10", isFinal: true, to: harness)
            let idle = UsageSample.accounts("cus_one", #"{"address":"akash1idle"}"#)
            #expect(try await harness.putAccounts(idle).status == 200)
            let page = try await harness.visit("/billing/usage?from=2026-03-09&to=2026-03-14").text
            #expect(
                emptyText(page)
                    == "Nothing was leased on the days that are indexed; the others are not known yet."
            )
            let earlier = try await harness.visit("/billing/usage?from=2026-03-01&to=2026-03-09").text
            #expect(emptyText(earlier) == "Nothing was leased on these days.")
        }
    }

    // MARK: Stale usage

    @Test func `what is behind is counted from the day that it is indexed to`() async throws {
        try await WebHarness.with { harness in
            try await deliver(through: "2026-03-10", isFinal: true, to: harness)
            let page = try await harness.visit("/billing/usage?from=2026-03-08&to=2026-03-14").text
            // 500 dollars less 50 days at 1.44 dollars last 297.2 days from midnight after the 10th, and it is noon of
            // the 14th.
            let left = try tile("Days left", page)
            #expect(left == ["293.7", "Until 2 Jan 2027 at this pace"])
            let spent = try tile("Spent this month", page)
            #expect(spent.first == "$14.40" && spent.contains("$14.40 by 10 February"), "\(spent)")
        }
    }

    @Test func `days of which nothing is known are not so far, and have no numbers`() async throws {
        try await WebHarness.with { harness in
            try await deliver(through: "2026-03-11", isFinal: false, to: harness)
            let range = "from=2026-03-10&to=2026-03-14"
            let page = try await harness.visit("/billing/usage?\(range)").text
            for (table, cell) in [("balance", 4), ("spend", 0), ("daily", 4)] {
                let days = try rows(page, table)
                #expect(days.map(\.isOpen) == [false, false, false, true, false], "\(table)")
                #expect(days.prefix(3).allSatisfy { $0.cells[cell] == "–" }, "\(table)")
            }
            let balances = try await harness.get("/v1/balance/history?customer=cus_one&format=csv&\(range)")
                .csv
            #expect(balances.column("Spend") == ["1.44", "0.72", "", "", ""])
            let usage = try await harness.get("/v1/usage/daily?customer=cus_one&format=csv&\(range)").csv
            for column in ["Leases", "Deployments", "CPU (milli)", "Memory (bytes)", "Spent (USD)"] {
                let cells = usage.column(column)
                #expect(!cells.prefix(2).contains("") && cells.suffix(3) == ["", "", ""], "\(column)")
            }
        }
    }
}
