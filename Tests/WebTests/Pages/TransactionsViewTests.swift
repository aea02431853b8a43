import Billing
import Storage
import Testing

@testable import Web

/// A visitor's filters, read from an address and written to one again.
struct TransactionsViewTests {
    private func view(_ query: String) throws -> TransactionsView {
        var reader = try QueryReader(query)
        let view = try reader.transactionsView()
        try reader.finish()
        return view
    }

    @Test(arguments: [
        "/billing", "/billing?type=refund", "/billing?status=failed", "/billing?range=30d",
        "/billing?range=all",
        "/billing?range=custom&from=2026-01-02&to=2026-02-03", "/billing?range=custom&from=2026-01-02",
        "/billing?q=a%20%26b%3D", "/billing?per=50", "/billing?zone=Europe%2FBerlin",
        "/billing?type=purchase&status=succeeded&range=12m&q=4242&per=25&zone=Asia%2FKolkata",
    ])
    func `its address leads back to it`(link: String) throws {
        #expect(try view(String(link.dropFirst("/billing?".count))).link.text == link)
    }

    @Test(arguments: [
        "range=2w", "range=custom&from=2026-02-30", "from=2026-02-02&to=2026-02-01", "per=0", "zone=Mars",
    ])
    func `what cannot be meant is refused`(query: String) {
        #expect(throws: APIError.self) { try view(query) }
    }

    /// A form sends all of its fields, also those that another choice makes idle.
    @Test func `dates beside a preset are idle`() throws {
        let view = try view("type=&status=&range=3m&from=2020-01-01&to=&q=&per=10&zone=UTC")
        #expect(view.range == .preset(.months3) && view.link.text == "/billing?range=3m")
    }

    @Test func `days begin and end where the visitor is`() throws {
        let filter = try view("from=2026-03-29&to=2026-03-29&zone=Europe/Berlin")
            .filter(within: .anyCustomer, now: PageSample.now)
        // The day that the clocks go forward has 23 hours.
        #expect(filter.createdFrom == Instant(rfc3339: "2026-03-28T23:00:00Z"))
        #expect(filter.createdTo == Instant(rfc3339: "2026-03-29T21:59:59Z"))
    }

    @Test func `a preset counts whole days and has no end`() throws {
        let filter = try view("range=30d").filter(within: .anyCustomer, now: PageSample.now)
        #expect(filter.createdFrom == CalendarDate("2026-02-13")?.beginning && filter.createdTo == nil)
        #expect(try view("range=all").filter(within: .anyCustomer, now: PageSample.now).createdFrom == nil)
    }

    @Test func `the export of a view has its filters, as the route for it reads them`() throws {
        let view = try view(
            "type=refund&status=succeeded&from=2026-03-01&to=2026-03-02&q=%24600&zone=Europe/Berlin"
        )
        let link = view.exportLink(customer: CustomerKey("cus_one", account: nil), now: PageSample.now).text
        var reader = try QueryReader(String(link.drop { $0 != "?" }.dropFirst()))
        let own = AccessScope.customers([CustomerKey("cus_one", account: nil)])
        #expect(
            try reader.transactionFilter(within: .anyCustomer)
                == view.filter(within: own, now: PageSample.now)
        )
        #expect(reader.text("format") == "csv" && reader.text("timezone") == "Europe/Berlin")
        try reader.finish()
    }
}
