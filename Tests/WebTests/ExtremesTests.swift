import Billing
import Foundation
import Storage
import TestSupport
import Testing

/// Signed extremes, from the delivery to the printed receipt: a trap ends the run.
@Suite(.timeLimit(.minutes(10)), .serialized)
struct ExtremesTests {
    /// The values in an event, without ids.
    private func shown(_ payload: [UInt8]) -> [ObjectRecord]? {
        (try? Event(parsing: payload))?.records(receivedAt: TestClock.start)
    }

    /// The fixtures with one number at an extreme, each with its own objects and one customer: those that
    /// affect the feed.
    private func variants(_ number: String) throws -> [[UInt8]] {
        let folder = Testdata.url("events")
        let fixtures = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        var variants: [[UInt8]] = []
        for fixture in fixtures {
            let original = try Testdata.bytes("events/\(fixture)")
            let before = shown(original)
            for variant in Extremes(of: original).variants(number) {
                // Lines of an invoice are read when its receipt is printed.
                guard shown(variant) != before || fixture.hasPrefix("invoice.paid") else { continue }
                let count = variants.count
                let text = String(decoding: variant, as: UTF8.self)
                    .replacing(/"cus_[A-Za-z0-9]+"/, with: #""cus_one""#)
                    .replacing(/"((?:evt|pi|ch|py|re|pyr|dp|du|in|inpay|cs)_[A-Za-z0-9_]+)"/) { match in
                        "\"\(match.output.1)x\(count)\""
                    }
                variants.append(Array(text.utf8))
            }
        }
        return variants
    }

    @Test(arguments: [String(Int64.min), String(Int64.max), "-1", "10000000000000", "10000000000001"])
    func `every number of an event may be anything, on every read`(number: String) async throws {
        var settings = WebHarness.Settings()
        settings.maxBodyBytes = 1 << 20
        try await WebHarness.with(settings) { harness in
            for variant in try variants(number) {
                let answer = try await harness.deliver(variant)
                #expect(answer.status == 200, "\(answer.text)")
            }
            let rows = try await harness.store.page(
                TransactionFilter(.anyCustomer),
                cursor: .start,
                limit: 10_000
            )
            for row in rows?.elements ?? [] {
                for path in ["", "/receipt/print"] {
                    let answer = try await harness.get("/v1/transactions/\(row.id)\(path)")
                    #expect([200, 404].contains(answer.status), "\(row.id)\(path): \(answer.text)")
                }
            }
            for path in [
                "/v1/transactions?customer=cus_one&limit=100", "/v1/balance?customer=cus_one",
                "/v1/balance/history?customer=cus_one&from=2026-01-01", "/v1/events?limit=100",
                "/v1/transactions/export?customer=cus_one",
                "/v1/transactions/export?customer=cus_one&timezone=Europe/Berlin",
            ] {
                let answer = try await harness.get(path, key: path.contains("events") ? .ops : .feed)
                #expect(answer.status == 200, "\(path): \(answer.status) \(answer.text.prefix(200))")
            }
        }
    }

    @Test func `refunds of the largest number are quarantined, and the balance still works`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([
                .charge("ch_a"), .refund("re_a", of: "ch_a", amount: .max),
                .refund("re_b", of: "ch_a", amount: .max),
                .refund("re_c", of: "ch_a", amount: 10_000_000_000_000),
                .refund("re_d", of: "ch_a", amount: 10_000_000_000_000),
            ])
            let dollars = try await harness.get("/v1/balance?customer=cus_one").json["balances"]?[0]
            #expect(dollars?["purchases"] == "25" && dollars?["refunds"] == "200000000000")
            let told = try await harness.get("/v1/events?type=refund.created", key: .ops).rows
            #expect(told.count { $0["outcome"] == "quarantined" || $0["disposition"] == "quarantined" } == 2)
        }
    }

    @Test(
        arguments: [
            [-1], [.min], [.max], [.min, .min], [.max, .max], [.max, .min, 1],
            [.min, .max, 10_000_000_000_000],
        ] as [[Int64]]
    )
    func `a receipt is printed whatever its invoice's lines say`(amounts: [Int64]) async throws {
        let invoice = MadeEvent(
            "invoice.paid",
            id: "evt_of_in_e",
            created: TestClock.start,
            object: [
                "id": "in_e", "object": "invoice", "amount_paid": 10_000_000_000_000, "currency": "usd",
                "created": TestClock.start.unixSeconds, "customer": "cus_one", "paid": true,
                "paid_out_of_band": true, "status": "paid", "number": "EX-0001",
                "lines": ["data": amounts.map { ["amount": $0, "quantity": $0] }] as [String: any Sendable],
            ]
        )
        try await WebHarness.with { harness in
            try await harness.deliver([invoice])
            let answer = try await harness.get("/v1/transactions/in_e/receipt/print")
            #expect(answer.status == 200 && answer.text.contains("$100,000,000,000.00"))
        }
    }
}
