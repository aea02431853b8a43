import Foundation
import TestSupport
import Testing

/// `GET /v1/transactions/export`.
@Suite(.timeLimit(.minutes(5)))
struct ExportTests {
    private static let columns = [
        "ID", "Date (UTC)", "Type", "Credit Kind", "Status", "Amount", "Bonus", "Refunded", "Currency",
        "Presentment Amount", "Presentment Currency", "Payment Method", "Description", "Customer",
        "Payment Intent", "Charge",
        "Invoice", "Bank Reference", "Receipt Number", "Receipt URL",
    ]

    // MARK: CSV

    @Test func `a CSV file has its media type and name`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/transactions/export")
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "text/csv; charset=utf-8")
            #expect(answer.headers["Content-Disposition"] == "attachment; filename=\"transactions.csv\"")
            #expect(answer.headers["Cache-Control"] == "no-store")
        }
    }

    @Test func `a CSV file begins with the mark that tells spreadsheets it is UTF-8`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/transactions/export")
            #expect(answer.body.prefix(3) == [0xEF, 0xBB, 0xBF])
        }
    }

    @Test func `an empty feed exports its columns and no row`() async throws {
        try await WebHarness.with { harness in
            let table = try await harness.get("/v1/transactions/export?format=csv").csv
            #expect(table.columns == Self.columns)
            #expect(table.rows == [])
        }
    }

    @Test func `a row's cells equal the feed's values, amounts as decimals`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let table = try await harness.get("/v1/transactions/export?q=ch_c").csv
            #expect(
                table.rows.map { Array($0.dropLast()) } == [
                    [
                        "ch_c", "2026-03-14 11:10:00", "purchase", "", "succeeded", "500", "0", "0", "JPY",
                        "", "",
                        "Mastercard •••• 5555", "100% Æther_Ünits", "cus_two", "", "ch_c", "", "", "",
                    ]
                ]
            )
        }
    }

    /// A payment and a refund as the customer's own statement and bank have them.
    private static let converted: [MadeEvent] = [
        .charge(
            "ch_a",
            extra: [
                "presentment_details": ["presentment_amount": 2883, "presentment_currency": "cad"]
                    as [String: any Sendable]
            ]
        ),
        .refund(
            "re_a",
            of: "ch_a",
            extra: [
                "presentment_details": ["presentment_amount": 577, "presentment_currency": "jpy"]
                    as [String: any Sendable],
                "destination_details": ["type": "card", "card": ["reference": "123456789012"]]
                    as [String: any Sendable],
            ]
        ),
    ]

    @Test func `what the customer's statement and bank say has columns beside the currency and the ids`()
        async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.converted)
            let table = try await harness.get("/v1/transactions/export").csv
            #expect(table.column("ID") == ["re_a", "ch_a"])
            #expect(table.column("Presentment Amount") == ["577", "28.83"])
            #expect(table.column("Presentment Currency") == ["JPY", "CAD"])
            #expect(table.column("Bank Reference") == ["123456789012", ""])
            let lines = try await harness.get("/v1/transactions/export?format=jsonl").jsonLines
            #expect(lines.map { $0["presentment"]?["amount_display"] } == ["¥577", "CA$28.83"])
            #expect(lines.map { $0["reference"] } == ["123456789012", .null])
        }
    }

    @Test func `Console's own export has Console's columns and no others`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.converted)
            let range = "startDate=2026-01-01T00:00:00Z&endDate=2026-12-31T00:00:00Z"
            let table = try await harness.get("/v1/stripe/transactions/export?timezone=UTC&\(range)").csv
            #expect(
                table.columns == [
                    "Transaction ID", "Date (UTC)", "Type", "Amount", "Bonus", "Refunded", "Currency",
                    "Status", "Card Brand", "Card Last 4", "Description", "Invoice ID", "Receipt URL",
                ]
            )
        }
    }

    @Test func `the link in a file opens the receipt by itself`() async throws {
        var settings = WebHarness.Settings()
        settings.receipts = ScriptedReceipts(link: "https://pay.stripe.com/receipts/fresh")
        try await WebHarness.with(settings) { harness in
            try await harness.deliver(FeedSample.events)
            let links = try await harness.get("/v1/transactions/export?q=ch_c").csv.column("Receipt URL")
            let answer = try await harness.get(try harness.path(ofLink: try #require(links.first)), key: nil)
            #expect(answer.status == 302)
        }
    }

    @Test(arguments: [
        "/v1/transactions/export?q=ch_c",
        "/v1/stripe/transactions/export?customer=cus_two&timezone=UTC&startDate=2026-01-01T00:00:00Z&endDate=2026-12-31T00:00:00Z",
    ])
    func `the link in a file is good for thirty days`(path: String) async throws {
        var settings = WebHarness.Settings()
        settings.receipts = ScriptedReceipts(link: "https://pay.stripe.com/receipts/fresh")
        try await WebHarness.with(settings) { harness in
            try await harness.deliver(FeedSample.events)
            let text = try await harness.get(path).text
            let link = try harness.path(
                ofLink: String(try #require(text.firstMatch(of: /http[^,"\r]*signature=\w+/)).output)
            )
            harness.clock.advance(seconds: 30 * 86_400 - 1)
            let good = try await harness.get(link, key: nil)
            harness.clock.advance(seconds: 1)
            let expired = try await harness.get(link, key: nil)
            #expect(good.status == 302)
            #expect(expired.status == 403)
        }
    }

    @Test func `where there is no receipt the file has no link`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let table = try await harness.get("/v1/transactions/export?status=failed").csv
            #expect(table.column("Receipt URL") == [""])
        }
    }

    // MARK: Contents

    @Test(arguments: FeedSample.filters)
    func `an export holds the rows that the same filter lists`(query: String, ids: [String]) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let table = try await harness.get("/v1/transactions/export?\(query)").csv
            #expect(table.column("ID") == ids)
        }
    }

    @Test(arguments: ["csv", "jsonl"])
    func `an export of more than a page's worth has every row once`(format: String) async throws {
        try await WebHarness.with { harness in
            let events = (0..<1203).map {
                MadeEvent.charge("ch_\($0)", created: FeedSample.ago(Int64($0 / 3)))
            }
            try await harness.deliverAtOnce(events)
            let answer = try await harness.get("/v1/transactions/export?format=\(format)")
            let ids =
                format == "csv"
                ? try answer.csv.column("ID") : try answer.jsonLines.compactMap { $0["id"]?.string }
            #expect(
                ids == (0..<1203).sorted { ($0 / 3, "ch_\($1)") < ($1 / 3, "ch_\($0)") }.map { "ch_\($0)" }
            )
        }
    }

    @Test(arguments: [
        ("format=xlsx", "format"), ("format=CSV", "format"), ("timezone=Mars/Olympus", "timezone"),
        ("limit=10", "limit"), ("starting_after=ch_a", "starting_after"), ("type=gift", "type"),
        ("created[gte]=2&created[lte]=1", "created"), ("format=csv&format=csv", "format"),
    ])
    func `an export that cannot be meant is refused, naming the parameter`(
        query: String,
        parameter: String
    )
        async throws
    {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/transactions/export?\(query)")
            #expect(answer.status == 400)
            #expect(answer.errorParameter == parameter)
        }
    }

    // MARK: JSONL

    @Test func `a JSONL file has its media type and name`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/transactions/export?format=jsonl")
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "application/jsonl; charset=utf-8")
            #expect(answer.headers["Content-Disposition"] == "attachment; filename=\"transactions.jsonl\"")
            #expect(answer.body == [])
        }
    }

    @Test func `a line of JSONL is the list's row`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            // Only the links differ: those in a file are good for longer.
            func unlinked(_ text: String) -> String {
                text.replacing(/expires=[0-9]+&signature=[0-9a-f]+/, with: "")
            }
            let lines = try await harness.get("/v1/transactions/export?format=jsonl").text
            let list = try await harness.get("/v1/transactions").text
            #expect(lines.contains("expires="))
            for line in unlinked(lines).split(separator: "\n") { #expect(unlinked(list).contains(line)) }
            #expect(lines.split(separator: "\n").count == FeedSample.events.count)
        }
    }

    @Test func `a line end in a text does not end a line of JSONL`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_a", extra: ["description": "two\nlines\r\n\u{2028}"])])
            let lines = try await harness.get("/v1/transactions/export?format=jsonl").jsonLines
            #expect(lines.map { $0["description"] } == ["two\nlines\r\n\u{2028}"])
        }
    }
}

extension Answer {
    /// The file as a table; invalid CSV fails the test.
    var csv: CSVTable {
        get throws { try CSVTable(String(text.trimmingPrefix("\u{FEFF}"))) }
    }

    var jsonLines: [ReceivedJSON] {
        get throws { try body.split(separator: UInt8(ascii: "\n")).map { try ReceivedJSON(Array($0)) } }
    }
}
