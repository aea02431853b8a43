import Billing
import Scenarios
import TestSupport
import Testing

/// Every case of `testdata/reports`, in order, in reverse, and shuffled with every event twice.
struct ReportTests {
    @Test(arguments: Report.all)
    func `a report of another receiver gives the rows it must give`(report: Report) throws {
        for order in Self.orders(of: report.payloads) {
            let events = try order.map { try Event(parsing: $0) }
            let rows = NaiveFeed.rows(of: events)
            #expect(rows.map(\.id).sorted() == report.rows.keys.sorted())
            let found = try Dictionary(rows.map { ($0.id, try $0.feedJSON) }) { first, _ in first }
            for (id, expected) in report.rows {
                let differences = try found[id]?.differences(from: expected) ?? ["missing"]
                #expect(differences.isEmpty, "\(id): \(differences)")
            }
        }
    }

    /// A balance has one customer, who belongs to one account.
    @Test(arguments: Report.all.filter { $0.balance != nil })
    func `the rows of a report come to its balance`(report: Report) throws {
        let rows = NaiveFeed.rows(of: report.payloads)
        try #require(Set(rows.map(\.account)).count <= 1)
        let sheet = BalanceSheet(transactions: rows, usage: [])
        let total = sheet.total(through: CalendarDate(Instant(unixSeconds: 4_102_444_800)), in: .usd)
        let expected = Money(minorUnits: report.balance ?? 0, currency: .usd)
        #expect(total.closing == ExactAmount(expected))
    }

    @Test func `there are the reports that there should be`() { #expect(Report.all.count >= 106) }

    private static func orders(of payloads: [[UInt8]]) -> [[[UInt8]]] {
        var random = SeededRandom(seed: 13)
        let shuffled = (0..<20).map { _ in (payloads + payloads).shuffled(using: &random) }
        return [payloads, payloads.reversed()] + shuffled
    }
}
