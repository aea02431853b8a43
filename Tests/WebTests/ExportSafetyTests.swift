import Testing

/// A cell that a spreadsheet would take for a formula is made text, in whatever column it is.
@Suite(.timeLimit(.minutes(5)))
struct ExportSafetyTests {
    private static let formulas = [
        #"=HYPERLINK("https://evil.example","Click")"#, "=1+1", "+cmd|' /C calc'!A0", "-cmd",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u{A0}=1+1", "\u{3000}=1+1", "\t", "\rtext",
        "＝1+1", "＋cmd", "－cmd", "＠SUM(1)", "|calc", "+", "-", "=",
    ]

    @Test(arguments: formulas)
    func `a description that could be a formula is text`(description: String) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_a", extra: ["description": description])])
            let table = try await harness.get("/v1/transactions/export").csv
            #expect(table.column("Description") == ["'" + description])
        }
    }

    @Test(arguments: ["+1", "-1", "+49", "-12.50", "1", "text", "a=b", "1-2", "", "'quoted'", "#1", "été"])
    func `a description that is none stays as it is`(description: String) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_a", extra: ["description": description])])
            let table = try await harness.get("/v1/transactions/export").csv
            #expect(table.column("Description") == [description])
        }
    }

    @Test(arguments: [
        "a \"quoted\" word", "comma, comma", "semi;colon", "two\r\nlines", "two\nlines", "tab\there",
        " space before", "space after ", "\"", "\"\"", ",", "quote\" and, comma\r\n",
    ])
    func `a text that needs quotes comes out whole`(description: String) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_a", extra: ["description": description])])
            let table = try await harness.get("/v1/transactions/export").csv
            #expect(table.column("Description") == [description])
        }
    }

    /// A spreadsheet makes 7.4537E+22 of an ARN, and 42 of a trace number 000042.
    @Test(arguments: [
        ("74537604221222132710572", "'74537604221222132710572"), ("1234567890123456", "'1234567890123456"),
        ("123456789012345", "123456789012345"), ("000042", "'000042"), ("=1+1", "'=1+1"),
        ("TRACE-0042", "TRACE-0042"),
    ])
    func `a bank's reference keeps each of its digits`(reference: String, cell: String) async throws {
        try await WebHarness.with { harness in
            let destination: [String: any Sendable] = ["type": "card", "card": ["reference": reference]]
            try await harness.deliver([
                .charge("ch_a"), .refund("re_a", of: "ch_a", extra: ["destination_details": destination]),
            ])
            let table = try await harness.get("/v1/transactions/export?type=refund").csv
            #expect(table.column("Bank Reference") == [cell])
        }
    }

    /// Every column that repeats a text of Stripe's, filled with a formula.
    @Test func `no column lets a formula through`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([
                .charge(
                    "=ch()",
                    customer: "=cus()",
                    extra: [
                        "description": "=d()", "payment_intent": "@pi()", "invoice": "+in()",
                        "receipt_number": "=rn()",
                        "payment_method_details": ["type": "=pm()"],
                        "presentment_details": ["presentment_amount": 1, "presentment_currency": "eur"]
                            as [String: any Sendable],
                    ],
                ),
                MadeEvent(
                    "refund.created",
                    id: "evt_r",
                    created: TestClock.start,
                    object: [
                        "id": "-re()", "object": "refund", "amount": 1, "charge": "=ch()", "currency": "usd",
                        "created": TestClock.start.unixSeconds, "status": "=status()",
                        "destination_details": ["type": "card", "card": ["reference": "=ref()"]]
                            as [String: any Sendable],
                    ]
                ),
            ])
            for path in [
                "/v1/transactions/export",
                "/v1/stripe/transactions/export?timezone=UTC&startDate=2026-01-01T00:00:00Z&endDate=2026-12-31T00:00:00Z",
            ] {
                let table = try await harness.get(path).csv
                #expect(!table.rows.isEmpty)
                let unsafe = table.rows.joined().filter { $0.first.map { "=+-@".contains($0) } == true }
                #expect(unsafe == [], "\(path)")
            }
        }
    }
}
