import Billing
import Storage
import Testing

@testable import Web

/// The tab of transactions, as a function of plain values.
struct TransactionsPageTests {
    private static let stories: [[MadeEvent]] = [
        [
            .charge(
                "ch_a",
                amount: 123_456,
                created: FeedSample.ago(90_000),
                extra: ["description": "Console credits"]
            ),
            .refund("re_a", of: "ch_a", amount: 23_456, created: FeedSample.ago(80_000)),
        ],
        [
            .charge(
                "ch_b",
                amount: 1000,
                currency: "eur",
                status: "failed",
                created: FeedSample.ago(100_000),
                extra: ["failure_code": "card_declined", "failure_message": "Your card was declined."]
            )
        ],
        [.charge("ch_c", amount: 500, currency: "jpy", status: "pending", created: FeedSample.ago(200_000))],
    ]

    /// One that was converted and is partly on its way back, and one that waits for the customer.
    private static let unfinished: [[MadeEvent]] = [
        [
            .charge("ch_a", extra: ["presentment_details": presented(2883)]),
            .refund(
                "re_a",
                of: "ch_a",
                status: "pending",
                extra: [
                    "presentment_details": presented(577), "pending_reason": "processing",
                    "destination_details": ["type": "card", "card": ["reference": "74537604221222132710572"]]
                        as [String: any Sendable],
                ]
            ),
        ],
        [.waiting("pi_a")],
    ]

    private static func presented(_ amount: Int) -> [String: any Sendable] {
        ["presentment_amount": amount, "presentment_currency": "cad"]
    }

    private func page(
        _ view: TransactionsView = TransactionsView(),
        _ stories: [[MadeEvent]] = stories,
        total: Int? = nil,
        hasMore: Bool = false,
        notice: PageNotice? = nil
    ) throws -> TransactionsPage {
        let (rows, details) = try PageSample.payments(stories)
        return TransactionsPage(
            view,
            rows: rows,
            payments: details,
            total: total ?? rows.count,
            hasMore: hasMore,
            customer: CustomerKey("cus_one", account: nil),
            now: PageSample.now,
            notice: notice,
            formToken: "0123456789abcdef",
            frame: PageFrame(
                .transactions,
                assets: PageSample.assets,
                returnLink: "https://console.example.com/"
            )
        )
    }

    @Test func `it looks as it was found good`() throws {
        try Snapshot.check(try page(total: 57, hasMore: true).html, "transactions.html")
    }

    @Test func `waiting and converted rows match the snapshot`() throws {
        try Snapshot.check(try page(TransactionsView(), Self.unfinished).html, "transactions-unfinished.html")
    }

    @Test func `a page without rows has a notice, and another one with filters`() throws {
        try Snapshot.check(try page(TransactionsView(), []).html, "transactions-empty.html")
        let narrowed = try page(TransactionsView(status: "failed"), [])
        #expect(narrowed.html.contains("Nothing matches these filters"))
    }

    @Test(arguments: [
        (0, 0, "No transactions"), (1, 1, "Showing 1 transaction"), (3, 3, "Showing all 3 transactions"),
        (3, 57, "Showing 3 of 57 transactions"),
    ])
    func `it says how many there are`(shown: Int, total: Int, summary: String) throws {
        let (rows, details) = try PageSample.payments((0..<shown).map { [MadeEvent.charge("ch_\($0)")] })
        let page = TransactionsPage(
            TransactionsView(),
            rows: rows,
            payments: details,
            total: total,
            hasMore: false,
            customer: CustomerKey("cus_one", account: nil),
            now: PageSample.now,
            frame: PageFrame(.transactions, assets: PageSample.assets)
        )
        #expect(page.summary == summary)
    }

    @Test func `one can go where there is more, and nowhere else`() throws {
        func links(_ cursor: Cursor, hasMore: Bool) throws -> [String?] {
            let page = try page(TransactionsView(status: "succeeded", cursor: cursor), hasMore: hasMore)
            return [page.newerLink, page.olderLink]
        }
        let newer = "/billing?status=succeeded&before=re_a"
        let older = "/billing?status=succeeded&after=ch_c"
        #expect(try links(.start, hasMore: false) == [nil, nil])
        #expect(try links(.start, hasMore: true) == [nil, older])
        #expect(try links(.startingAfter("x"), hasMore: false) == [newer, nil])
        #expect(try links(.startingAfter("x"), hasMore: true) == [newer, older])
        #expect(try links(.endingBefore("x"), hasMore: false) == [nil, older])
        #expect(try links(.endingBefore("x"), hasMore: true) == [newer, older])
    }

    @Test func `what others wrote is text on it and not a part of it`() throws {
        let attack = "\"\u{301}><script>alert('1&2')</script>"
        let html = try page(
            TransactionsView(search: attack),
            [
                [
                    .charge(
                        "ch_a",
                        status: "failed",
                        extra: ["description": attack, "failure_message": attack],
                        card: ["brand": attack, "last4": "4242"]
                    )
                ]
            ]
        ).html
        #expect(!html.contains("<script>"))
        #expect(!html.utf8.elementsEqual("".utf8) && !html.unicodeScalars.contains("\u{301}", after: "\""))
        #expect(html.contains("&lt;script&gt;alert(&#39;1&amp;2&#39;)&lt;/script&gt;"))
    }

    @Test func `a refund is money that came back, and the purchase says how much`() throws {
        let items = try page().items
        let refund = try #require(items.first { $0.id == "re_a" })
        #expect(refund.amount.text == "-$234.56" && refund.kind == "Refund")
        let purchase = try #require(items.first { $0.id == "ch_a" })
        #expect(purchase.amount.text == "$1,234.56")
        #expect(purchase.parts.map(\.partLabel) == ["Refunded"])
        #expect(purchase.parts.first?.partAmount?.number == "234.56")
        #expect(purchase.detail.relatives.map(\.relativeID) == ["re_a"])
        #expect(purchase.detail.attempts.map(\.outcome.label) == ["Completed"])
    }

    @Test func `the receipt of a payment that failed is not offered`() throws {
        let items = try page().items
        #expect(items.filter { $0.receipt != nil }.map(\.id) == ["re_a", "ch_a"])
        #expect(items.first { $0.id == "ch_b" }?.detail.failure == "Your card was declined.")
    }

    @Test func `the page shows the notice of the last action, and nothing else`() throws {
        #expect(try page(notice: PageNotice(.emailed)).html.contains("Stripe was asked to send the receipt"))
        #expect(try page(notice: PageNotice(.unavailable)).html.contains("class=\"notice trouble\""))
    }
}

extension String.UnicodeScalarView {
    /// Whether one scalar stands right behind another.
    fileprivate func contains(_ scalar: Unicode.Scalar, after other: Unicode.Scalar) -> Bool {
        zip(self, dropFirst()).contains { $0.0 == other && $0.1 == scalar }
    }
}
