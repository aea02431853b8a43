import Billing
import Storage
import TestSupport

extension StoreConformance {
    static let stories = [
        StoreConformance("every story of testdata gives its expected feed, in order and in reverse") {
            kind in
            for scenario in TestSupport.Scenario.all {
                for payloads in [scenario.payloads, scenario.payloads.reversed()] {
                    try await kind.withStore { store in
                        for payload in payloads { try await store.record(payload) }
                        let rows = try await store.allRows(pageSize: 7)
                        let found = try rows.map { try $0.feedJSON }
                        try requireEqual(found, scenario.feed, "feed of \(scenario.name)")
                    }
                }
            }
        },
        StoreConformance(
            "partial events of a payment become one payment, also when two halves were separate before"
        ) {
            kind in
            try await kind.withStore { store in
                try await store.record(
                    MadeUp.event("evt_1", "refund.created", MadeUp.refund("re_1", charge: "ch_1"))
                )
                try requireEqual(try await store.ids(), ["re_1"], "a refund alone")
                try await store.record(
                    MadeUp.event("evt_2", "payment_intent.succeeded", MadeUp.intent("pi_1"))
                )
                try requireEqual(try await store.ids(), ["re_1", "pi_1"], "two halves")
                let apart = try requireSome(await store.transaction(id: "re_1"), "refund")
                try requireEqual(apart.customer, nil, "customer")
                try requireEqual(apart.paymentIntent, nil, "intent")

                try await store.record(
                    MadeUp.event("evt_3", "charge.succeeded", MadeUp.charge("ch_1", intent: "pi_1"))
                )
                try requireEqual(try await store.ids(), ["re_1", "pi_1"], "one payment")
                let refund = try requireSome(await store.transaction(id: "re_1"), "refund")
                try requireEqual(refund.customer, "cus_1", "customer")
                try requireEqual(refund.paymentIntent, "pi_1", "intent")
                try requireEqual(try await store.transaction(id: "pi_1")?.amountRefunded, 500, "refunded")
            }
        },
        StoreConformance("a charge's row becomes its PaymentIntent's once that is known") { kind in
            try await kind.withStore { store in
                try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
                try requireEqual(try await store.ids(), ["ch_1"], "charge alone")
                try await store.record(
                    MadeUp.event(
                        "evt_2",
                        "payment_intent.succeeded",
                        MadeUp.intent("pi_1", ["latest_charge": "ch_1"])
                    )
                )
                try requireEqual(try await store.ids(), ["pi_1"], "one row")
                try require(try await store.transaction(id: "ch_1") == nil, "the charge's row is gone")
            }
        },
        StoreConformance("the detail of a payment has its objects and the events behind them") { kind in
            try await kind.withStore { store in
                try await store.record(
                    MadeUp.event("evt_a", "charge.succeeded", MadeUp.charge("ch_1", intent: "pi_1"))
                )
                try await store.record(
                    MadeUp.event("evt_x", "charge.succeeded", MadeUp.charge("ch_9", intent: "pi_9"))
                )
                try await store.record(
                    MadeUp.event("evt_b", "refund.created", MadeUp.refund("re_1", charge: "ch_1"))
                )
                try await store.record(
                    MadeUp.event(
                        "evt_c",
                        "payment_intent.succeeded",
                        MadeUp.intent("pi_1", ["latest_charge": "ch_1"])
                    )
                )
                for id in ["pi_1", "re_1"] {
                    let detail = try requireSome(await store.payment(ofTransaction: id), "detail of \(id)")
                    try requireEqual(detail.transaction.id, id, "row")
                    try requireEqual(detail.events, ["evt_a", "evt_b", "evt_c"], "events of \(id)")
                    try requireEqual(
                        detail.group.attempts(of: detail.transaction).map(\.charge),
                        ["ch_1"],
                        "attempts of \(id)"
                    )
                    try requireEqual(
                        detail.group.transactions.map(\.id).sorted(),
                        ["pi_1", "re_1"],
                        "group of \(id)"
                    )
                }
                try require(try await store.payment(ofTransaction: "ch_1") == nil, "a charge is no row")
                try require(try await store.payment(ofTransaction: "evt_a") == nil, "an event is no row")
            }
        },
        StoreConformance("customers are found by the user Console made them for") { kind in
            try await kind.withStore { store in
                let told: [(String, String, String?, Int64)] = [
                    ("evt_1", "cus_b", "user_1", 10), ("evt_2", "cus_a", "user_1", 10),
                    ("evt_3", "cus_c", "user_2", 10), ("evt_4", "cus_d", nil, 10),
                    // It arrives later, but is older: it does not change the users of cus_c.
                    ("evt_5", "cus_c", "user_1", 5), ("evt_6", "cus_e", "user_1", 10),
                    ("evt_7", "cus_e", "user_2", 20), ("evt_8", "cus_f", "user_1\0x", 20),
                ]
                for (event, id, user, created) in told {
                    let object = MadeUp.customer(id, user: user)
                    try await store.record(MadeUp.event(event, "customer.updated", object, created: created))
                }
                try requireEqual(try await store.customers(ofUser: "user_1"), ["cus_a", "cus_b"], "1")
                try requireEqual(try await store.customers(ofUser: "user_2"), ["cus_c", "cus_e"], "2")
                try requireEqual(try await store.customers(ofUser: ""), [], "nobody")
                try requireEqual(try await store.count(TransactionFilter()), 0, "rows")
            }
        },
        StoreConformance("payments of one customer are not one payment") { kind in
            try await kind.withStore { store in
                let whole = MadeUp.customer("cus_1", user: "user_1")
                for number in 1...3 {
                    let charge = MadeUp.charge("ch_\(number)", ["customer": whole])
                    try await store.record(MadeUp.event("evt_\(number)", "charge.succeeded", charge))
                }
                let detail = try requireSome(await store.payment(ofTransaction: "ch_2"), "detail")
                try requireEqual(detail.events, ["evt_2"], "events")
                try requireEqual(try await store.customers(ofUser: "user_1"), ["cus_1"], "customer")
            }
        },
    ]

    static let paging = [
        StoreConformance("the feed is newest first, by created and then by id") { kind in
            try await kind.withStore { store in
                for (id, created) in [("a", 5), ("c", 5), ("b", 5), ("d", 4), ("A", 5), ("_", 6)] {
                    let charge = MadeUp.charge(id, created: Int64(created))
                    try await store.record(MadeUp.event("evt_\(id)", "charge.succeeded", charge))
                }
                try requireEqual(try await store.ids(), ["_", "c", "b", "a", "A", "d"], "order")
            }
        },
        StoreConformance("the feed is paged both ways without gap or repeat, at any size of page") { kind in
            try await kind.withStore { store in
                let all = try await recordCharges(0..<9, in: store)
                for limit in 1...10 {
                    var forth: [String] = []
                    var cursor = Cursor.start
                    while true {
                        let page = try requireSome(
                            await store.page(TransactionFilter(), cursor: cursor, limit: limit),
                            "page"
                        )
                        forth += page.elements.map(\.id)
                        try requireEqual(page.hasMore, forth.count < all.count, "more follows, \(limit)")
                        guard page.hasMore, let last = forth.last else { break }
                        cursor = .startingAfter(last)
                    }
                    try requireEqual(forth, all, "forth, \(limit) a page")

                    guard var first = all.last else { return }
                    var back: [String] = []
                    while true {
                        let page = try requireSome(
                            await store.page(TransactionFilter(), cursor: .endingBefore(first), limit: limit),
                            "page"
                        )
                        back = page.elements.map(\.id) + back
                        try requireEqual(page.hasMore, back.count < all.count - 1, "more before, \(limit)")
                        guard page.hasMore, let next = back.first else { break }
                        first = next
                    }
                    try requireEqual(back, all.dropLast(), "back, \(limit) a page")
                }
            }
        },
        StoreConformance("while rows arrive, paging forth shows every row there was, each once") { kind in
            try await kind.withStore { store in
                let before = try await recordCharges(0..<20, in: store)
                var seen: [String] = []
                var cursor = Cursor.start
                var number = 20
                while true {
                    let page = try requireSome(
                        await store.page(TransactionFilter(), cursor: cursor, limit: 3),
                        "page"
                    )
                    seen += page.elements.map(\.id)
                    guard page.hasMore, let last = seen.last else { break }
                    cursor = .startingAfter(last)
                    // One newer than all, one in the midst of the second that the page ended in.
                    _ = try await recordCharges(number..<(number + 2), in: store)
                    number += 2
                }
                try requireEqual(Set(seen).count, seen.count, "no row twice")
                try require(Set(seen).isSuperset(of: before), "no row left out")
                try requireEqual(seen.filter(Set(before).contains), before, "order")
            }
        },
        StoreConformance("while rows arrive, paging back from a row shows every newer one, each once") {
            kind in
            try await kind.withStore { store in
                let before = try await recordCharges(0..<20, in: store)
                guard let oldest = before.last else { return }
                var seen: [String] = []
                var cursor = oldest
                var number = 20
                while true {
                    let page = try requireSome(
                        await store.page(TransactionFilter(), cursor: .endingBefore(cursor), limit: 3),
                        "page"
                    )
                    seen = page.elements.map(\.id) + seen
                    guard page.hasMore, let first = seen.first else { break }
                    cursor = first
                    if number < 30 {
                        _ = try await recordCharges(number..<(number + 1), in: store)
                        number += 1
                    }
                }
                try requireEqual(Set(seen).count, seen.count, "no row twice")
                try require(Set(seen).isSuperset(of: before.dropLast()), "no row left out")
            }
        },
        StoreConformance("a cursor of another customer, or of no row, finds no page") { kind in
            try await kind.withStore { store in
                try await store.record(
                    MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1", ["customer": "cus_a"]))
                )
                try await store.record(
                    MadeUp.event("evt_2", "charge.succeeded", MadeUp.charge("ch_2", ["customer": "cus_b"]))
                )
                let none = TransactionFilter(ofCustomers: [])
                try require(
                    try await store.page(none, cursor: .startingAfter("ch_1"), limit: 10) == nil,
                    "for one who has no customer"
                )
                let own = TransactionFilter(customer: "cus_a")
                for cursor in [Cursor.startingAfter("ch_2"), .endingBefore("ch_2"), .startingAfter("ch_3")] {
                    try require(try await store.page(own, cursor: cursor, limit: 10) == nil, "\(cursor)")
                }
                try require(
                    try await store.page(own, cursor: .startingAfter("ch_1"), limit: 10) != nil,
                    "their own"
                )
                try require(
                    try await store.page(TransactionFilter(), cursor: .startingAfter("ch_2"), limit: 10)
                        != nil,
                    "of any customer, for a caller who may read all"
                )
                // A row that another filter leaves out still is a place in the feed.
                let refunds = TransactionFilter(customer: "cus_a", type: .refund)
                let page = try requireSome(
                    await store.page(refunds, cursor: .endingBefore("ch_1"), limit: 10),
                    "page"
                )
                try require(page.elements.isEmpty && !page.hasMore, "no refund")
            }
        },
        StoreConformance("rows can be counted off, for Console's own routes") { kind in
            try await kind.withStore { store in
                let all = try await recordCharges(0..<5, in: store)
                for offset in 0...6 {
                    let page = try requireSome(
                        await store.page(TransactionFilter(), cursor: .offset(offset), limit: 2),
                        "page"
                    )
                    try requireEqual(
                        page.elements.map(\.id),
                        Array(all.dropFirst(offset).prefix(2)),
                        "\(offset)"
                    )
                    try requireEqual(page.hasMore, offset + 2 < all.count, "more after \(offset)")
                }
            }
        },
    ]

    static let filtering = [
        StoreConformance("every filter finds its rows and no others, alone and together, and counts them") {
            kind in
            try await kind.withStore { store in
                try await recordMixture(in: store)
                func at(_ seconds: Int64) -> Instant { Instant(unixSeconds: seconds) }
                let expected: [(TransactionFilter, [String])] = [
                    (TransactionFilter(), ["dp_1", "re_1", "ch_3", "pi_2", "ch_1"]),
                    (TransactionFilter(customer: "cus_1"), ["dp_1", "re_1", "ch_1"]),
                    (TransactionFilter(customer: "cus_2"), ["ch_3", "pi_2"]),
                    (TransactionFilter(customer: "cus_"), []),
                    (
                        TransactionFilter(ofCustomers: ["cus_1", "cus_2"]),
                        ["dp_1", "re_1", "ch_3", "pi_2", "ch_1"]
                    ),
                    (TransactionFilter(ofCustomers: ["cus_2", "cus_nobody"]), ["ch_3", "pi_2"]),
                    (TransactionFilter(ofCustomers: []), []),
                    (TransactionFilter(customer: ""), []),
                    (TransactionFilter(type: .purchase), ["ch_3", "pi_2", "ch_1"]),
                    (TransactionFilter(type: .refund), ["re_1"]),
                    (TransactionFilter(type: .dispute), ["dp_1"]),
                    (TransactionFilter(status: "succeeded"), ["re_1", "ch_3", "ch_1"]),
                    (TransactionFilter(status: "requires_action"), ["pi_2"]),
                    (TransactionFilter(status: "needs_response"), ["dp_1"]),
                    (TransactionFilter(status: "nonsense"), []),
                    (TransactionFilter(currency: Currency("JPY")), ["ch_3"]),
                    (TransactionFilter(currency: Currency("usd")), ["dp_1", "re_1", "pi_2", "ch_1"]),
                    (TransactionFilter(createdFrom: at(20)), ["dp_1", "re_1", "ch_3", "pi_2"]),
                    (TransactionFilter(createdFrom: at(21)), ["dp_1", "re_1", "ch_3"]),
                    (TransactionFilter(createdTo: at(20)), ["pi_2", "ch_1"]),
                    (TransactionFilter(createdTo: at(19)), ["ch_1"]),
                    (TransactionFilter(createdFrom: at(20), createdTo: at(30)), ["ch_3", "pi_2"]),
                    (TransactionFilter(createdFrom: at(30), createdTo: at(20)), []),
                    (
                        TransactionFilter(createdFrom: at(.min), createdTo: at(.max)),
                        [
                            "dp_1", "re_1", "ch_3", "pi_2", "ch_1",
                        ]
                    ),
                    (TransactionFilter(customer: "cus_1", type: .purchase, status: "succeeded"), ["ch_1"]),
                    (TransactionFilter(customer: "cus_2", type: .refund), []),
                ]
                try await check(expected, in: store)
            }
        },
        StoreConformance("text is found in ids, amounts, payment methods and descriptions, in either case") {
            kind in
            try await kind.withStore { store in
                try await recordMixture(in: store)
                func finding(_ text: String) -> TransactionFilter { TransactionFilter(search: text) }
                try await check(
                    [
                        (finding("ch_1"), ["dp_1", "re_1", "ch_1"]),
                        (finding("CH_3"), ["ch_3"]),
                        (finding("4242"), ["dp_1", "re_1", "ch_1"]),
                        (finding("visa"), ["dp_1", "re_1", "ch_1"]),
                        (finding("mastercard"), ["ch_3"]),
                        (finding("25.00"), ["dp_1", "ch_1"]),
                        (finding("¥1,234"), ["ch_3"]),
                        (finding("gpu hours"), ["pi_2"]),
                        (finding("ÄRGER"), ["pi_2"]),
                        (finding("%"), ["pi_2"]),
                        (finding("G_U"), []),
                        (finding("'; --"), []),
                        (finding(""), ["dp_1", "re_1", "ch_3", "pi_2", "ch_1"]),
                        (TransactionFilter(customer: "cus_2", search: "visa"), []),
                        (TransactionFilter(type: .refund, search: "visa"), ["re_1"]),
                    ],
                    in: store
                )
            }
        },
        StoreConformance("a filter holds on every page") { kind in
            try await kind.withStore { store in
                for number in 0..<12 {
                    let owner = number.isMultiple(of: 3) ? "cus_a" : "cus_b"
                    let charge = MadeUp.charge("ch_\(number)", created: Int64(number), ["customer": owner])
                    try await store.record(MadeUp.event("evt_\(number)", "charge.succeeded", charge))
                }
                let none = TransactionFilter(ofCustomers: [])
                try require(
                    try await store.page(none, cursor: .startingAfter("ch_1"), limit: 10) == nil,
                    "for one who has no customer"
                )
                let own = TransactionFilter(customer: "cus_a")
                let rows = try await store.allRows(own, pageSize: 1)
                try requireEqual(rows.map(\.id), ["ch_9", "ch_6", "ch_3", "ch_0"], "rows")
                let last = try requireSome(
                    await store.page(own, cursor: .startingAfter("ch_3"), limit: 1),
                    "last page"
                )
                try require(!last.hasMore, "no more of this customer's follow")
            }
        },
    ]

    static let separation = [
        StoreConformance("events of the other mode are recorded and never shown") { kind in
            try await kind.withStore(livemode: true) { store in
                let live = try MadeUp.event(
                    "evt_1",
                    "charge.succeeded",
                    MadeUp.charge("ch_1"),
                    livemode: true
                )
                let test = try MadeUp.event("evt_2", "refund.created", MadeUp.refund("re_1", charge: "ch_1"))
                let user = try MadeUp.event(
                    "evt_3",
                    "customer.created",
                    MadeUp.customer("cus_1", user: "user_1")
                )
                let intent = try MadeUp.event(
                    "evt_4",
                    "payment_intent.succeeded",
                    MadeUp.intent("pi_1", ["latest_charge": "ch_9"])
                )
                for body in [live, test, user, intent] {
                    try requireEqual(try await store.record(body), .recorded, "outcome")
                }
                try requireEqual(try await store.ids(), ["ch_1"], "rows")
                try requireEqual(try await store.transaction(id: "ch_1")?.amountRefunded, 0, "refunded")
                try requireEqual(try await store.customers(ofUser: "user_1"), [], "customers")
                try requireEqual(try await store.fetches().pending, 0, "work")
                let other = try requireSome(
                    await store.entries(EventQuery(disposition: .otherMode)),
                    "entries"
                )
                try requireEqual(other.elements.map(\.id), ["evt_4", "evt_3", "evt_2"], "other mode")
                try requireEqual(try await store.record(test), .duplicate, "again")
            }
        },
        StoreConformance("objects with the same ids in two accounts are not mixed") { kind in
            try await kind.withStore { store in
                try await store.record(
                    MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1"), account: "acct_1")
                )
                try await store.record(
                    MadeUp.event(
                        "evt_2",
                        "refund.created",
                        MadeUp.refund("re_2", charge: "ch_1"),
                        account: "acct_2"
                    )
                )
                try await store.record(
                    MadeUp.event("evt_3", "refund.created", MadeUp.refund("re_3", charge: "ch_1", amount: 7))
                )
                let charge = try requireSome(await store.transaction(id: "ch_1"), "charge")
                try requireEqual(charge.account, "acct_1", "account")
                try requireEqual(charge.amountRefunded, 0, "refunded")
                let refund = try requireSome(await store.transaction(id: "re_2"), "refund")
                try requireEqual(refund.account, "acct_2", "account")
                try requireEqual(refund.customer, nil, "customer")
                let own = try requireSome(await store.transaction(id: "re_3"), "own refund")
                try requireEqual(own.account, nil, "account")
                try requireEqual(own.customer, nil, "customer")
                let detail = try requireSome(await store.payment(ofTransaction: "ch_1"), "detail")
                try requireEqual(detail.group.transactions.map(\.id), ["ch_1"], "group")
            }
        },
    ]

    private static func check(
        _ expected: [(TransactionFilter, [String])],
        in store: any Store
    ) async throws {
        for (filter, ids) in expected {
            try requireEqual(try await store.ids(filter), ids, "\(filter)")
            try requireEqual(try await store.count(filter), ids.count, "count of \(filter)")
        }
    }

    /// Charges of few distinct seconds, so that a page is likely to end in the midst of one.
    ///
    /// - Returns: Their ids, newest first.
    private static func recordCharges(_ numbers: Range<Int>, in store: any Store) async throws -> [String] {
        var rows: [(created: Int64, id: String)] = []
        for number in numbers {
            let created = Int64(number % 4)
            let id = "ch_\(number * 7919 % 1009)"
            try await store.record(
                MadeUp.event("evt_\(number)", "charge.succeeded", MadeUp.charge(id, created: created))
            )
            rows.append((created, id))
        }
        return rows.sorted { $0 > $1 }.map(\.id)
    }

    private static func recordMixture(in store: any Store) async throws {
        let mastercard: [String: Any] = ["type": "card", "card": ["brand": "mastercard", "last4": "4444"]]
        let bodies = [
            try MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1", created: 10)),
            try MadeUp.event(
                "evt_2",
                "payment_intent.requires_action",
                MadeUp.intent(
                    "pi_2",
                    status: "requires_action",
                    amount: 999,
                    created: 20,
                    ["customer": "cus_2", "description": "100% ärger: GPU hours"]
                )
            ),
            try MadeUp.event(
                "evt_3",
                "charge.succeeded",
                MadeUp.charge(
                    "ch_3",
                    amount: 1234,
                    created: 30,
                    ["customer": "cus_2", "currency": "jpy", "payment_method_details": mastercard]
                )
            ),
            try MadeUp.event("evt_4", "refund.created", MadeUp.refund("re_1", charge: "ch_1", created: 40)),
            try MadeUp.event(
                "evt_5",
                "charge.dispute.created",
                MadeUp.dispute("dp_1", charge: "ch_1", created: 50)
            ),
        ]
        for body in bodies { try await store.record(body) }
    }
}
