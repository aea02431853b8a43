import Billing

/// A few rows that differ in everything one can filter by.
///
/// Newest first: `re_a`, `ch_a`, `ch_b`, `ch_c`, `ch_d`, `in_e`.
enum FeedSample {
    static let start = TestClock.start.unixSeconds

    static let events: [MadeEvent] = [
        .charge("ch_a", created: ago(1000), extra: ["description": "Console credits"]),
        .refund("re_a", of: "ch_a", created: ago(500)),
        .charge(
            "ch_b",
            amount: 1000,
            currency: "eur",
            status: "failed",
            created: ago(2000),
            extra: ["failure_code": "card_declined", "failure_message": "Your card was declined."]
        ),
        .charge(
            "ch_c",
            amount: 500,
            currency: "jpy",
            created: ago(3000),
            customer: "cus_two",
            extra: ["description": "100% Æther_Ünits"],
            card: ["brand": "mastercard", "last4": "5555"]
        ),
        .charge("ch_d", amount: 7000, status: "pending", created: ago(4000), customer: "cus_two"),
        .outOfBandInvoice("in_e"),
    ]

    /// Payments that wait for `cus_one` and for `cus_two`, which are in no filter above.
    static let waiting: [MadeEvent] = [.waiting("pi_a"), .waiting("pi_c", customer: "cus_two")]

    static func ago(_ seconds: Int64) -> Instant { TestClock.start.adding(seconds: -seconds) }

    /// Named queries, and the rows that they find.
    static let filters: [(query: String, ids: [String])] = [
        ("", ["re_a", "ch_a", "ch_b", "ch_c", "ch_d", "in_e"]),
        ("customer=cus_two", ["ch_c", "ch_d"]),
        ("customer=cus_nobody", []),
        ("type=purchase", ["ch_a", "ch_b", "ch_c", "ch_d", "in_e"]),
        ("type=refund", ["re_a"]),
        ("type=dispute", []),
        ("status=failed", ["ch_b"]),
        ("status=pending", ["ch_d"]),
        ("status=succeeded", ["re_a", "ch_a", "ch_c", "in_e"]),
        ("status=succeeded&type=refund", ["re_a"]),
        ("currency=eur", ["ch_b"]),
        ("currency=JPY", ["ch_c"]),
        ("customer=cus_two&currency=usd", ["ch_d"]),
        ("created=\(start - 2000)", ["ch_b"]),
        ("created[gte]=\(start - 2000)", ["re_a", "ch_a", "ch_b"]),
        ("created%5Bgte%5D=\(start - 2000)", ["re_a", "ch_a", "ch_b"]),
        ("created[gt]=\(start - 2000)", ["re_a", "ch_a"]),
        ("created[lte]=\(start - 2000)", ["ch_b", "ch_c", "ch_d", "in_e"]),
        ("created[lt]=\(start - 2000)", ["ch_c", "ch_d", "in_e"]),
        ("created[gte]=\(start - 3000)&created[lt]=\(start - 1000)", ["ch_b", "ch_c"]),
        ("created[gt]=\(start - 3000)&created[gte]=\(start - 4000)", ["re_a", "ch_a", "ch_b"]),
        ("created[gte]=\(start - 2000)&created[lte]=\(start - 2000)", ["ch_b"]),
        ("q=4242", ["re_a", "ch_a", "ch_b", "ch_d"]),
        ("q=mastercard", ["ch_c"]),
        ("q=VISA", ["re_a", "ch_a", "ch_b", "ch_d"]),
        ("q=%2425.00", ["ch_a"]),
        ("q=70.00", ["ch_d"]),
        ("q=ch_a", ["re_a", "ch_a"]),
        ("q=console+CREDITS", ["ch_a"]),
        ("q=%C3%A6ther_%C3%BCnits", ["ch_c"]),
        ("q=100%25", ["ch_c"]),
        ("q=_", ["re_a", "ch_a", "ch_b", "ch_c", "ch_d", "in_e"]),
        ("q=%25%25", []),
        ("q=EX-0001", ["in_e"]),
        ("q=%27%20OR%201%3D1--", []),
        ("type=&status=&q=", ["re_a", "ch_a", "ch_b", "ch_c", "ch_d", "in_e"]),
    ]
}
