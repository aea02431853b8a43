import Billing
import Foundation
import Storage

extension StoreConformance {
    // A user of Console's as tokens name it, and as metadata has named it since 2025-09-18:
    // https://github.com/akash-network/console/commit/4b4a0207f
    private static let sub = "auth0|64f0c0ffee0000000000000a"
    private static let uuid = "5b2c0f0e-3c1d-4a7e-9a50-1f2e3d4c5b6a"
    private static let otherSub = "google-oauth2|104938571029384756"

    private static func own(_ id: String) -> CustomerKey { CustomerKey(id, account: nil) }

    private static func user(_ id: String) throws -> Identity { try requireSome(Identity(.user, id), "user") }

    private static func organization(_ id: String) throws -> Identity {
        try requireSome(Identity(.organization, id), "organization")
    }

    /// Events of customers: `cus_new` has the uuid in its metadata, `cus_old` the sub, `cus_other` another's
    /// sub, and a connected account's `cus_theirs` the uuid.
    private static func tell(_ store: any Store) async throws {
        for (id, user, account) in [
            ("cus_new", uuid, nil), ("cus_old", sub, nil), ("cus_other", otherSub, nil),
            ("cus_theirs", uuid, "acct_1"),
        ] {
            let body = try MadeUp.event(
                "evt_\(id)",
                "customer.created",
                MadeUp.customer(id, user: user),
                account: account
            )
            try await store.record(body)
        }
    }

    /// The links of a customer; a lookup by each finds the customer if and only if the link counts.
    private static func links(of customer: CustomerKey, in store: any Store) async throws -> [String] {
        let links = try await store.links(of: customer)?.links ?? []
        for link in links {
            let isFound = try await store.customers(of: link.identity).contains(customer)
            let isInForce = links.contains { $0.identity == link.identity && $0.isInForce }
            try requireEqual(isFound, isInForce, "found by \(link)")
        }
        return links.map { ($0.isInForce ? "" : "not ") + "\($0.origin) \($0.identity.id)" }
    }

    static let customers: [StoreConformance] = [
        StoreConformance("a user with two customers is found by each of the two ids, once both are linked") {
            kind in
            try await kind.withStore { store in
                try await tell(store)
                try requireEqual(try await store.customers(ofUser: sub), ["cus_old"], "by sub, before")
                try requireEqual(try await store.customers(ofUser: uuid), ["cus_new"], "by uuid, before")
                for id in ["cus_new", "cus_old"] {
                    let outcome = try await store.put([.user: [sub, uuid]], of: own(id), from: .console)
                    try requireEqual(outcome, .changed, "outcome")
                }
                for id in [sub, uuid] {
                    try requireEqual(
                        try await store.customers(of: user(id)),
                        [own("cus_new"), own("cus_old")],
                        "both"
                    )
                }
                try requireEqual(try await store.customers(ofUser: otherSub), ["cus_other"], "another's")
                try requireEqual(try await store.customers(ofUser: ""), [], "nobody's")
            }
        },
        StoreConformance("a deleted customer stays its user's, in whichever order the events arrive") {
            kind in
            let events = [
                try MadeUp.event("evt_1", "customer.created", MadeUp.customer("cus_gone", user: uuid)),
                try MadeUp.event(
                    "evt_2",
                    "customer.deleted",
                    ["id": "cus_gone", "object": "customer", "deleted": true],
                    created: MadeUp.start + 10
                ),
            ]
            for order in [events, events.reversed()] {
                try await kind.withStore { store in
                    for event in order { try await store.record(event) }
                    try requireEqual(try await store.customers(ofUser: uuid), ["cus_gone"], "told")
                    _ = try await store.reprojectAll()
                    try requireEqual(try await store.customers(ofUser: uuid), ["cus_gone"], "rebuilt")
                }
            }
        },
        StoreConformance("set links win over Console's database, and that over Stripe's metadata") {
            kind in
            try await kind.withStore { store in
                try await tell(store)
                try requireEqual(
                    try await links(of: own("cus_new"), in: store),
                    ["stripe \(uuid)"],
                    "Stripe's"
                )
                _ = try await store.put([.user: [sub]], of: own("cus_new"), from: .console)
                try requireEqual(
                    try await links(of: own("cus_new"), in: store),
                    ["console \(sub)", "not stripe \(uuid)"],
                    "Console's"
                )
                _ = try await store.put([.user: ["a", "b"]], of: own("cus_new"), from: .api)
                try requireEqual(
                    try await links(of: own("cus_new"), in: store),
                    ["api a", "api b", "not console \(sub)", "not stripe \(uuid)"],
                    "put"
                )
                _ = try await store.put([.user: ["b"]], of: own("cus_new"), from: .api)
                try requireEqual(
                    try await links(of: own("cus_new"), in: store),
                    ["api b", "not console \(sub)", "not stripe \(uuid)"],
                    "replaced"
                )
                try requireEqual(
                    try await store.put([.user: ["b"]], of: own("cus_new"), from: .api),
                    .unchanged,
                    "the same"
                )
                // That there is no user is said too.
                _ = try await store.put([.user: []], of: own("cus_new"), from: .api)
                try requireEqual(
                    try await links(of: own("cus_new"), in: store),
                    ["not console \(sub)", "not stripe \(uuid)"],
                    "nobody's"
                )
                _ = try await store.put([:], of: own("cus_new"), from: .api)
                _ = try await store.put([:], of: own("cus_new"), from: .console)
                try requireEqual(
                    try await links(of: own("cus_new"), in: store),
                    ["stripe \(uuid)"],
                    "taken back"
                )
            }
        },
        StoreConformance("organizations are apart from users, and a customer may have several of both") {
            kind in
            try await kind.withStore { store in
                try await tell(store)
                let stated: StatedLinks = [.user: [sub, otherSub], .organization: ["org-1", "org-2"]]
                _ = try await store.put(stated, of: own("cus_team"), from: .api)
                for id in [sub, otherSub] {
                    try require(try await store.customers(ofUser: id).contains("cus_team"), "user \(id)")
                    try requireEqual(try await store.customers(of: organization(id)), [], "no organization")
                }
                for id in ["org-1", "org-2"] {
                    try requireEqual(
                        try await store.customers(of: organization(id)),
                        [own("cus_team")],
                        "organization"
                    )
                    try requireEqual(try await store.customers(ofUser: id), [], "no user")
                }
                // Only users are set; the organization stays unknown.
                _ = try await store.put([.organization: ["org-3"]], of: own("cus_new"), from: .api)
                try requireEqual(try await store.customers(ofUser: uuid), ["cus_new"], "still Stripe's")
            }
        },
        StoreConformance("metadata of a connected account's customer makes it no user's") { kind in
            try await kind.withStore { store in
                try await tell(store)
                try requireEqual(try await store.customers(of: user(uuid)), [own("cus_new")], "by uuid")
                let theirs = CustomerKey("cus_theirs", account: "acct_1")
                try requireEqual(try await store.links(of: theirs)?.links, [], "links")
                // Only set links count.
                _ = try await store.put([.user: [uuid]], of: theirs, from: .api)
                try requireEqual(try await store.customers(of: user(uuid)), [own("cus_new"), theirs], "put")
                try requireEqual(try await store.links(of: own("cus_theirs")), nil, "of one's own account")
            }
        },
        StoreConformance("customers are listed by id, including those with only set links") { kind in
            try await kind.withStore { store in
                try await tell(store)
                _ = try await store.put([.user: [sub]], of: own("cus_nothing_told"), from: .api)
                let all = ["cus_new", "cus_nothing_told", "cus_old", "cus_other"]
                try requireEqual(
                    try await store.customers(in: nil, after: nil, limit: 10),
                    all.map(own),
                    "all"
                )
                try requireEqual(
                    try await store.customers(in: nil, after: "cus_new", limit: 2),
                    all[1...2].map(own),
                    "a page"
                )
                try requireEqual(
                    try await store.customers(in: "acct_1", after: nil, limit: 10),
                    [CustomerKey("cus_theirs", account: "acct_1")],
                    "of the connected account"
                )
                try requireEqual(try await store.links(of: own("cus_unheard_of")), nil, "unknown")
            }
        },
        StoreConformance("one customer id of two accounts is two customers, in every read of the feed") {
            kind in
            try await kind.withStore { store in
                for (id, account) in [("ch_own", nil), ("ch_theirs", "acct_1")] as [(String, String?)] {
                    let charge = MadeUp.charge(id)
                    try await store.record(
                        MadeUp.event("evt_\(id)", "charge.succeeded", charge, account: account)
                    )
                }
                let theirs = CustomerKey("cus_1", account: "acct_1")
                for (accessScope, ids) in [
                    (.customers([own("cus_1")]), ["ch_own"]), (.customers([theirs]), ["ch_theirs"]),
                    (.customers([own("cus_1"), theirs]), ["ch_theirs", "ch_own"]),
                    (.customers([CustomerKey("cus_1", account: "acct_2")]), []),
                    (.customers([]), []), (.anyCustomer, ["ch_theirs", "ch_own"]),
                ] as [(AccessScope, [String])] {
                    let filter = TransactionFilter(accessScope)
                    try requireEqual(try await store.allRows(filter).map(\.id), ids, "\(accessScope)")
                    try requireEqual(try await store.count(filter), ids.count, "\(accessScope)")
                    for id in ["ch_own", "ch_theirs"] {
                        let isTheirs = ids.contains(id)
                        let row = try await store.transaction(id: id, within: accessScope)
                        try requireEqual(row?.id, isTheirs ? id : nil, "row within \(accessScope)")
                        let payment = try await store.payment(ofTransaction: id, within: accessScope)
                        try requireEqual(payment?.transaction.id, isTheirs ? id : nil, "payment")
                        let page = try await store.page(filter, cursor: .startingAfter(id), limit: 9)
                        try requireEqual(page != nil, isTheirs, "a page from \(id) within \(accessScope)")
                    }
                }
                _ = try await store.give([
                    Credit(
                        id: "credit",
                        customer: "cus_1",
                        kind: .manual,
                        money: Money(minorUnits: 100, currency: .usd),
                        created: Instant(unixSeconds: MadeUp.start),
                        description: nil
                    )
                ])
                let period = AccountPeriod(address: "akash1a", from: nil, through: nil)
                _ = try await store.setAccounts([period], of: "cus_1")
                for (customer, count) in [(own("cus_1"), 1), (theirs, 0)] {
                    let filter = TransactionFilter(.customers([customer]), type: .credit)
                    try requireEqual(try await store.count(filter), count, "credits of \(customer)")
                }
                try requireEqual(try await store.accounts(of: own("cus_1")), [period], "own addresses")
                try requireEqual(try await store.accounts(of: theirs), [], "their addresses")
            }
        },
        StoreConformance("links and accounts of rows come out of a rebuild and a restart as they were") {
            kind in
            try await kind.withPlace { place in
                let theirs = CustomerKey("cus_1", account: "acct_1")
                func seen(_ store: any Store) async throws -> [String] {
                    let links = try await [own("cus_new"), own("cus_old"), theirs].asyncMap {
                        try await store.links(of: $0)
                    }
                    let rows = try await store.allRows(TransactionFilter(.customers([theirs]))).map(\.id)
                    let found = try await store.customers(of: user(sub))
                    return links.map { "\($0 as Any)" } + rows + found.map(\.customer)
                }
                let before = try await place.withStore { store in
                    try await tell(store)
                    try await store.record(
                        MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1"), account: "acct_1")
                    )
                    _ = try await store.put(
                        [.user: [sub], .organization: []],
                        of: own("cus_new"),
                        from: .api
                    )
                    let before = try await seen(store)
                    _ = try await store.reprojectAll()
                    try requireEqual(try await seen(store), before, "after a rebuild")
                    return before
                }
                try requireEqual(before.suffix(3), ["ch_1", "cus_new", "cus_old"], "what there is")
                try await place.withStore { store in
                    try requireEqual(try await seen(store), before, "after a restart")
                }
            }
        },
        StoreConformance("a customer of our own account that a payment names is fetched until it is known") {
            kind in
            try await kind.withPlace { place in
                let store = try await place.open(ProjectionPolicy(asksForCustomers: true))
                func asked() async throws -> [FetchKey] {
                    let later = Instant(unixSeconds: MadeUp.start + 3600)
                    let jobs = try await store.leaseFetches(now: later, seconds: 0)
                    return jobs.compactMap(\.fetchKey).sorted()
                }
                func customer(_ id: String) -> StripeFetchRequest { .object(ObjectReference(.customer, id)) }
                try await tell(store)
                for (id, more, account) in [
                    ("ch_known", ["customer": "cus_new"], nil), ("ch_guest", ["customer": NSNull()], nil),
                    ("ch_whole", ["customer": MadeUp.customer("cus_whole", user: nil)], nil),
                    ("ch_theirs", ["customer": "cus_x"], "acct_1"),
                ] as [(String, [String: Any], String?)] {
                    let body = try MadeUp.event(
                        "evt_\(id)",
                        "charge.succeeded",
                        MadeUp.charge(id, more),
                        account: account
                    )
                    try await store.record(body)
                }
                try requireEqual(try await asked(), [], "known customers without an owner, or another owner")
                // Whether a webhook or a list showed the payment.
                for (id, source) in [("one", .webhook), ("two", .api)] as [(String, EventSource)] {
                    let charge = MadeUp.charge("ch_\(id)", ["customer": "cus_\(id)"])
                    try await store.record(
                        MadeUp.event("evt_\(id)", "charge.succeeded", charge),
                        source: source
                    )
                }
                let items = try await asked()
                try requireEqual(items.map(\.question), [customer("cus_one"), customer("cus_two")], "asked")
                try requireEqual(items.map(\.account), ["", ""], "accounts")
                try await store.record(
                    MadeUp.event(
                        "evt_answer",
                        "customer.fetched",
                        MadeUp.customer("cus_one", user: uuid)
                    ),
                    source: .api
                )
                try requireEqual(try await asked().map(\.question), [customer("cus_two")], "answered")
                let again = MadeUp.charge("ch_again", ["customer": "cus_one"])
                try await store.record(MadeUp.event("evt_again", "charge.succeeded", again))
                try requireEqual(try await asked().map(\.question), [customer("cus_two")], "not asked again")
                try requireEqual(try await store.customers(ofUser: uuid), ["cus_new", "cus_one"], "found")
                let references = [ObjectReference(.customer, "cus_one"), ObjectReference(.charge, "ch_one")]
                let known = try await store.payments(of: references, account: nil)
                try requireEqual(
                    Set(known.map { $0.map(\.reference) }),
                    [[references[0]], [references[1]]],
                    "what is known, a customer alone"
                )
                await store.close()
            }
        },
        StoreConformance("an erasure deletes links, and later none can be set") { kind in
            try await kind.withStore { store in
                try await tell(store)
                let stated: StatedLinks = [.user: [uuid, sub], .organization: []]
                _ = try await store.put(stated, of: own("cus_new"), from: .api)
                _ = try await store.put([.user: [uuid]], of: own("cus_new"), from: .console)
                _ = try await store.put([.user: [uuid]], of: own("cus_only_put"), from: .api)
                let eraser = CustomerEraser(store: store, archive: nil)
                let now = Instant(unixSeconds: MadeUp.start)
                let report = try await eraser.erase(own("cus_new"), isDryRun: false, now: now)
                try requireEqual(report?.links, 4, "links")
                try requireEqual(try await store.links(of: own("cus_new"))?.links ?? [], [], "links after")
                try requireEqual(try await store.customers(ofUser: uuid), ["cus_only_put"], "by uuid")
                try requireEqual(
                    try await store.put([.user: [uuid]], of: own("cus_new"), from: .api),
                    .erased,
                    "put again"
                )
                let other = try await eraser.erase(own("cus_only_put"), isDryRun: false, now: now)
                try requireEqual(other?.links, 1, "of a customer that only links tell of")
                try requireEqual(try await store.customers(ofUser: uuid), [], "after both")
            }
        },
    ]
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
