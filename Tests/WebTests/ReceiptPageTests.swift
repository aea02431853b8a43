import Billing
import Testing

@testable import Web

/// Our own printable receipt.
@Suite(.timeLimit(.minutes(5)))
struct ReceiptPageTests {
    private func page(_ events: [MadeEvent], of id: String = "ch_a") async throws -> Answer {
        try await WebHarness.with { harness in
            try await harness.deliver(events)
            return try await harness.get("/v1/transactions/\(id)/receipt/print")
        }
    }

    @Test func `it has the payment, its refunds, and what remains`() async throws {
        let text = try await page([
            .charge("ch_a", amount: 123_456), .refund("re_a", of: "ch_a", amount: 23_456),
            .refund("re_b", of: "ch_a", amount: 50_000, status: "pending"),
        ]).text
        for expected in [
            "ch_a", "14 Mar 2026, 11:00", "Visa •••• 4242", "$1,234.56", "-$234.56", "Refund (pending)",
            "-$500.00",
            "$500.00",
        ] { #expect(text.contains(expected), "\(expected)") }
    }

    @Test func `it has the amount on the buyer's statement, and the bank's reference of a refund`()
        async throws
    {
        func presented(_ amount: Int) -> [String: any Sendable] {
            ["presentment_amount": amount, "presentment_currency": "cad"]
        }
        let destination: [String: any Sendable] = ["type": "card", "card": ["reference": "<b>0042"]]
        let text = try await page([
            .charge("ch_a", extra: ["presentment_details": presented(2883)]),
            .refund(
                "re_a",
                of: "ch_a",
                extra: ["presentment_details": presented(577), "destination_details": destination]
            ),
        ]).text
        for expected in [
            "<dt>On your statement</dt><dd>CA$28.83</dd>", "On your statement: -CA$5.77",
            "Bank reference &lt;b&gt;0042",
        ] { #expect(text.contains(expected), "\(expected)") }
        let plain = try await page([.charge("ch_a"), .refund("re_a", of: "ch_a")]).text
        #expect(!plain.contains("On your statement") && !plain.contains("Bank reference"))
    }

    @Test func `a refund that failed is not on it`() async throws {
        let text = try await page([
            .charge("ch_a"), .refund("re_a", of: "ch_a", amount: 777, status: "failed"),
        ]).text
        #expect(!text.contains("7.77"))
    }

    @Test func `a refund has the page of its purchase`() async throws {
        let events = [MadeEvent.charge("ch_a"), .refund("re_a", of: "ch_a")]
        let ofRefund = try await page(events, of: "re_a").text
        let ofCharge = try await page(events, of: "ch_a").text
        #expect(ofRefund == ofCharge)
    }

    /// Its purchase may come later, or never.
    @Test func `a refund without a known purchase is not shown as a payment`() async throws {
        let text = try await page([.refund("re_a", of: "ch_a", amount: 777)], of: "re_a").text
        #expect(text.contains("-$7.77"))
        #expect(!text.contains(">$7.77"))
    }

    @Test(arguments: ["description", "card", "id"])
    func `what others wrote is text on it and not a part of it`(place: String) async throws {
        let attack = #"<script>alert("1&2")</script>'"#
        let id = place == "id" ? "ch_<script>alert(1)</script>" : "ch_a"
        let charge = MadeEvent.charge(
            id,
            customer: "cus_<b>",
            extra: place == "description" ? ["description": attack] : [:],
            card: ["brand": place == "card" ? attack : "visa", "last4": "4242"]
        )
        let path = place == "id" ? "ch_%3Cscript%3Ealert%281%29%3C%2Fscript%3E" : "ch_a"
        let text = try await page([charge], of: path).text
        #expect(text.contains("&lt;script&gt;"))
        #expect(!text.contains("<script"))
    }

    @Test func `it has the seller, the buyer, the items and their total`() async throws {
        var settings = WebHarness.Settings()
        settings.merchant = Merchant(name: "Example & Co", address: ["1 Road", "Town"], taxID: "EX-42")
        let text = try await WebHarness.with(settings) { harness in
            try await harness.deliver([
                .charge(
                    "ch_a",
                    amount: 1999,
                    extra: [
                        "description": "Console credits",
                        "billing_details": ["name": "<script>alert(1)</script>", "email": "jo@example.com"],
                    ]
                )
            ])
            return try await harness.get("/v1/transactions/ch_a/receipt/print").text
        }
        for expected in [
            "Example &amp; Co", "1 Road", "Tax ID EX-42", "&lt;script&gt;alert(1)&lt;/script&gt;",
            "jo@example.com", "Console credits", "$19.99",
        ] { #expect(text.contains(expected), "\(expected)") }
        #expect(!text.contains("<script"))
    }

    @Test func `an invoice's lines are listed, and the rest has a line`() async throws {
        let lines: [String: any Sendable] = [
            "has_more": false,
            "data": [
                ["amount": 8000, "description": "Eighty"] as [String: any Sendable],
                ["amount": 1000, "description": "Ten"],
            ],
        ]
        let invoice = MadeEvent(
            "invoice.paid",
            id: "evt_of_in_e",
            created: TestClock.start,
            object: [
                "id": "in_e", "object": "invoice", "amount_paid": 9900, "total": 9900, "currency": "usd",
                "created": TestClock.start.unixSeconds, "customer": "cus_one", "paid": true,
                "paid_out_of_band": true, "status": "paid", "number": "EX-0001", "lines": lines,
            ]
        )
        let text = try await WebHarness.with { harness in
            try await harness.deliver([invoice])
            return try await harness.get("/v1/transactions/in_e/receipt/print").text
        }
        for expected in ["Eighty", "$80.00", "Ten", "$10.00", "Taxes and other charges", "$9.00", "$99.00"] {
            #expect(text.contains(expected), "\(expected)")
        }
    }

    @Test func `it may not be framed, cached or scripted`() async throws {
        let headers = try await page([.charge("ch_a")]).headers
        #expect(headers["Cache-Control"] == "no-store")
        #expect(headers["Referrer-Policy"] == "no-referrer")
        #expect(headers["X-Content-Type-Options"] == "nosniff")
        let policy = headers["Content-Security-Policy"] ?? ""
        #expect(policy.contains("default-src 'none'"))
        #expect(policy.contains("frame-ancestors 'none'"))
    }

    @Test func `its style sheet needs no credential`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/assets/receipt.css", key: nil)
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "text/css; charset=utf-8")
        }
    }
}
