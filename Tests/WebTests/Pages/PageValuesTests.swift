import Billing
import Testing

@testable import Web

/// How amounts, times and texts are written on a page.
struct PageValuesTests {
    @Test(arguments: [
        ("0", "$0.00"), ("4000", "<$0.01"), ("5000", "$0.01"), ("1234567890", "$1,234.57"),
    ])
    func `an amount above zero is not shown as zero`(micro: String, text: String) throws {
        let amount = ExactAmount(microDollars: try #require(TokenAmount(microUnits: micro)))
        #expect(PageAmount.text(amount) == text)
        #expect(
            PageAmount.text(-amount) == (text.hasPrefix("<") ? ">-$0.01" : micro == "0" ? text : "-" + text)
        )
    }

    @Test(arguments: [
        ("0", "0"), ("0.4", "0"), ("0.5", "0.000001"), ("1.499999", "0.000001"), ("1234567.5", "1.234568"),
        ("1000000", "1"),
    ])
    func `a number is as fine as a token, and rounded as one is taught`(micro: String, number: String) throws
    {
        let amount = ExactAmount(microDollars: try #require(TokenAmount(microUnits: micro)))
        #expect(amount.text(places: PageAmount.places) == number)
        #expect((-amount).text(places: PageAmount.places) == (number == "0" ? "0" : "-" + number))
        #expect(amount.text(places: 24) == amount.exactText)
    }

    @Test func `a time has its zone's day`() throws {
        let moment = Instant(unixSeconds: 1_773_529_200)
        let tokyo = PageMoment(moment, zone: try #require(LocalTime(ianaName: "Asia/Tokyo")))
        #expect(tokyo.machine == "2026-03-14T23:00:00Z" && tokyo.text == "15 Mar 2026, 08:00")
        #expect(PageMoment(moment, zone: .utc).text == "14 Mar 2026, 23:00")
    }

    @Test(arguments: [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z"),
        ("Asia/Kolkata", "2026-01-01", "2025-12-31T18:30:00Z"),
        // The clocks went from 23:59:59 to 01:00 that night.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
        ("Pacific/Auckland", "2026-04-05", "2026-04-04T11:00:00Z"),
        ("UTC", "2026-03-14", "2026-03-14T00:00:00Z"),
    ])
    func `a day begins with its first moment there`(zone: String, day: String, moment: String) throws {
        let zone = try #require(LocalTime(ianaName: zone))
        let date = try #require(CalendarDate(day))
        #expect(zone.beginning(of: date) == Instant(rfc3339: moment))
        #expect(zone.date(of: zone.beginning(of: date).adding(seconds: -1)) == date.adding(days: -1))
    }

    @Test(arguments: [
        ("2026-03-31", -1, "2026-02-28"), ("2024-03-31", -1, "2024-02-29"), ("2026-01-15", -1, "2025-12-15"),
        ("2026-01-31", -12, "2025-01-31"), ("2026-12-31", 2, "2027-02-28"),
    ])
    func `a month earlier is the same day or the month's last`(date: String, months: Int64, other: String) {
        #expect(CalendarDate(date)?.adding(months: months).text == other)
    }

    /// Mustache's own escaping takes such a quotation mark for another character, and lets it through.
    @Test func `a quotation mark with an accent is escaped all the same`() {
        let escaped = HTMLText().escapeText("\"\u{301} onmouseover=\u{27}<\u{338}&")
        #expect(escaped == "&quot;\u{301} onmouseover=&#39;&lt;\u{338}&amp;")
        struct Model { let value = "\"\u{301}" }
        #expect(Templates.library.render(Model(), withTemplate: "chart")?.contains("\"\u{301}") == false)
    }

    @Test func `a value in HTML is escaped, and HTML is not`() {
        let cell: HTML = "<td>\("<script>\"'&")</td>"
        let row: HTML = "<tr title=\"\("\" onclick=\"")\">\(cell)</tr>"
        #expect(
            row.renderText
                == "<tr title=\"&quot; onclick=&quot;\"><td>&lt;script&gt;&quot;&#39;&amp;</td></tr>"
        )
    }

    @Test func `no template writes anything unescaped but HTML`() throws {
        for name in [
            "layout", "filters", "transactions", "transaction", "usage", "table", "chart", "problem",
            "receipt", "replacement",
        ] {
            #expect(Templates.library.getTemplate(named: name) != nil, "\(name)")
            let source = String(decoding: try #require(Templates.sources[name]), as: UTF8.self)
            let escaped = source.replacing("{{{rows}}}", with: "").replacing("{{{daily.rows}}}", with: "")
            #expect(!escaped.contains("{{{") && !escaped.contains("{{&"), "\(name)")
            // Anything that the pages' policy forbids would silently not work.
            #expect(
                !source.contains(" style=") && !source.contains(" on") || !source.contains("onclick"),
                "\(name)"
            )
        }
        #expect(Templates.sources.count == 10)
    }

    @Test(arguments: [
        ("gzip", true), ("deflate, gzip;q=1.0, *;q=0.5", true), ("GZIP", true), ("x-gzip", true),
        ("br", false),
        ("gzip;q=0", false), ("gzip; q=0.000", false), ("gzip;q=0.1", true), ("", false), ("identity", false),
    ])
    func `gzip is sent to clients that accept it`(header: String, takes: Bool) {
        #expect(AcceptedEncoding.includesGzip([.acceptEncoding: header]) == takes)
    }
}
