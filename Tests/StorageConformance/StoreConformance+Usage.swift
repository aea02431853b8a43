package import Billing
import JSON
package import Storage
import Scenarios
import TestSupport

extension StoreConformance {
    private static let everyDay = CalendarDate(dayNumber: 0)...CalendarDate(dayNumber: 100_000)

    private static func read<Value>(_ text: String, _ body: (JSONValue) throws -> Value) throws -> Value {
        try Array(text.utf8).withUnsafeBufferPointer { try JSONValue.read($0, body) }
    }

    private static func lease(
        _ dseq: Int,
        owner: String = "akash1o",
        created: Int64 = 1500,
        price: String = "1",
        more: String = ""
    ) throws -> LeaseRecord {
        try read(
            #"{"chain_id":"akashnet-2","owner":"\#(owner)","dseq":"\#(dseq)","gseq":1,"oseq":1,"provider":"akash1p","#
                + #""denom":"uact","price_per_block":"\#(price)","created_height":"\#(created)","state":"active"\#(more)}"#
        ) { try LeaseRecord($0) }
    }

    /// The `day`th of June 2026, of a thousand blocks.
    private static func day(_ day: Int, isFinal: Bool = true, price: String = "null") throws -> CalendarDay {
        try read(
            #"{"date":"2026-06-\#(day < 10 ? "0" : "")\#(day)","first_height":\#(day * 1000),"#
                + #""last_height":\#(isFinal ? String(day * 1000 + 999) : "null"),"#
                + #""last_height_yet":\#(day * 1000 + 999),"akt_usd":\#(price),"final":\#(isFinal)}"#
        ) { try CalendarDay($0) }
    }

    /// The cost of an owner's days in micro-units, by date.
    private static func costs(
        _ store: any Store,
        _ owner: String = "akash1o"
    ) async throws -> [String: String] {
        var costs: [String: String] = [:]
        for group in try await store.usage(of: owner, everyDay, by: .total) {
            costs[group.date.text] = group.totals.amounts[.uact]?.microUnitsText
        }
        return costs
    }

    static let usage = [
        StoreConformance("an empty ledger has no days, no leases and no names") { kind in
            try await kind.withStore { store in
                try requireEqual(try await store.newestDay(), nil, "newest day")
                try requireEqual(try await store.calendar(everyDay), [], "calendar")
                try requireEqual(try await costs(store), [:], "costs")
                try requireEqual(try await store.openLeases(of: "akash1o"), [], "open leases")
                try requireEqual(try await store.names(ofProviders: ["akash1p"]), [:], "names")
                try requireEqual(try await store.accounts(of: "cus_1"), [], "accounts")
            }
        },
        StoreConformance("known leases are found by identity, and addresses in order, each once") { kind in
            try await kind.withStore { store in
                let leases = [try lease(1), try lease(2, owner: "akash1n")]
                _ = try await store.put(leases)
                let unknown = try lease(3).identity
                let found = try await store.leases(named: leases.map(\.identity) + [unknown])
                try requireEqual(Set(found), Set(leases), "found")
                let periods = ["akash1c", "akash1a", "akash1b"].map {
                    AccountPeriod(address: $0, from: nil, through: nil)
                }
                _ = try await store.setAccounts(periods, of: "cus_1")
                let later = try requireSome(CalendarDate("2026-06-01"), "date")
                let again = AccountPeriod(address: "akash1c", from: nil, through: later)
                _ = try await store.setAccounts(
                    [again, AccountPeriod(address: "akash1c", from: later, through: nil)],
                    of: "cus_1"
                )
                _ = try await store.setAccounts(periods, of: "cus_1")
                try requireEqual(
                    try await store.addresses(after: nil, limit: 2),
                    ["akash1a", "akash1b"],
                    "first addresses"
                )
                try requireEqual(
                    try await store.addresses(after: "akash1b", limit: 2),
                    ["akash1c"],
                    "last address"
                )
            }
        },
        StoreConformance("leases and calendar give the same totals, whichever comes first") { kind in
            let leases = [try lease(1), try lease(2, created: 2500)]
            let days = [try day(1), try day(2, isFinal: false)]
            for isCalendarFirst in [true, false] {
                try await kind.withStore { store in
                    if isCalendarFirst { _ = try await store.put(days) }
                    let outcome = LeasesOutcome.taken(changed: 2, contradictions: [])
                    try requireEqual(try await store.put(leases), outcome, "outcome")
                    if !isCalendarFirst { _ = try await store.put(days) }
                    let expected = ["2026-06-01": "500", "2026-06-02": "1500"]
                    try requireEqual(try await costs(store), expected, "calendar first: \(isCalendarFirst)")
                }
            }
        },
        StoreConformance("the leases of a range have a block or a frozen day in it") {
            kind in
            try await kind.withStore { store in
                let closed = try lease(1, created: 1100, more: #","closed_height":"1500""#)
                _ = try await store.put([
                    closed, lease(2, created: 1500), lease(3, owner: "akash1x", created: 1100),
                ])
                func found(_ heights: Range<Int64>) async throws -> [Int64] {
                    try await store.leases(of: "akash1o", in: heights).map(\.record.identity.dseq).sorted()
                }
                try requireEqual(try await found(1000..<1100), [], "before any")
                try requireEqual(try await found(1000..<1101), [1], "the first block")
                try requireEqual(try await found(1499..<1500), [1], "the last block")
                try requireEqual(try await found(1500..<1600), [2], "behind the end")
                try requireEqual(try await found(1499..<1501), [1, 2], "both")

                _ = try await store.put([day(1)])
                _ = try await store.put([lease(2, created: 2500)])
                let kept = try await store.leases(of: "akash1o", in: 1600..<1700)
                try requireEqual(kept.map(\.kept.count), [1], "kept days")
            }
        },
        StoreConformance("a record put twice changes nothing the second time") { kind in
            try await kind.withStore { store in
                _ = try await store.put([try day(1)])
                let first = LeasesOutcome.taken(changed: 1, contradictions: [])
                try requireEqual(try await store.put([lease(1), lease(1)]), first, "first outcome")
                let again = LeasesOutcome.taken(changed: 0, contradictions: [])
                try requireEqual(try await store.put([lease(1)]), again, "outcome")
                let outcome = CalendarOutcome.taken(changed: 0, contradicted: [])
                try requireEqual(try await store.put([day(1)]), outcome, "calendar outcome")
            }
        },
        StoreConformance("a correction changes open days, and is reported for final ones") { kind in
            try await kind.withPlace { place in
                try await place.withStore { store in
                    _ = try await store.put([try lease(1)])
                    _ = try await store.put([try day(1), try day(2, isFinal: false)])
                }
                try await place.withStore { store in
                    let outcome = try await store.put([lease(1, price: "7")])
                    try requireEqual(
                        outcome.contradictions.map(\.date.text),
                        ["2026-06-01"],
                        "contradictions"
                    )
                    let expected = ["2026-06-01": "500", "2026-06-02": "7000"]
                    try requireEqual(try await costs(store), expected, "costs")
                    try requireEqual(try await store.addUpUsage().changed, 0, "changed by adding up")
                }
            }
        },
        StoreConformance("a lease that arrives after its days are final changes open days only") { kind in
            try await kind.withStore { store in
                _ = try await store.put([try lease(1)])
                _ = try await store.put([try day(1), try day(2, isFinal: false)])
                let outcome = try await store.put([lease(2)])
                try requireEqual(outcome.contradictions.map(\.date.text), ["2026-06-01"], "contradictions")
                let again = LeasesOutcome.taken(changed: 0, contradictions: outcome.contradictions)
                try requireEqual(try await store.put([lease(2)]), again, "outcome of the same again")
                try requireEqual(try await store.put([lease(2), lease(2)]), again, "outcome of it twice")
                let expected = ["2026-06-01": "500", "2026-06-02": "2000"]
                try requireEqual(try await costs(store), expected, "costs")
                // Resources stay as they were, which is told like a day that stays.
                let resized = LeasesOutcome.taken(
                    changed: 0,
                    contradictions: [UsageContradiction(lease: try lease(1).identity, date: try day(1).date)]
                )
                let larger = try lease(1, more: #","cpu_milli":7"#)
                try requireEqual(try await store.put([larger]), resized, "outcome of other resources")
                // Another owner's history is not late: it was unknown.
                let other = try await store.put([lease(3, owner: "akash1new")])
                try requireEqual(other.contradictions, [], "contradictions of a new owner")
                let theirs = try await costs(store, "akash1new")
                try requireEqual(theirs, ["2026-06-01": "500", "2026-06-02": "1000"], "costs of a new owner")
            }
        },
        StoreConformance("a day that grows extends its open leases, and not the closed ones") {
            kind in
            try await kind.withStore { store in
                _ = try await store.put([
                    try lease(1), try lease(2, more: #","closed_height":"1600""#),
                ])
                _ = try await store.put([try day(1)])
                _ = try await store.put([try day(2, isFinal: false)])
                try requireEqual(
                    try await costs(store),
                    ["2026-06-01": "600", "2026-06-02": "1000"],
                    "costs"
                )
                try requireEqual(try await store.openLeases(of: "akash1o"), [try lease(1)], "open leases")
                // Sent with an end that is to come.
                let ending = try lease(9, owner: "akash1ending", more: #","escrow_end_height":1800"#)
                _ = try await store.put([ending])
                for (height, open) in [(Int64(1799), [ending]), (1800, []), (.max, [])] {
                    let found = try await store.openLeases(of: "akash1ending", at: height)
                    try requireEqual(found, open, "open leases at \(height)")
                }
                try requireEqual(try await store.newestDay()?.date.text, "2026-06-02", "newest day")
            }
        },
        StoreConformance("days that do not fit together are refused, and nothing is changed") { kind in
            try await kind.withStore { store in
                _ = try await store.put([try day(1)])
                let gap = try read(
                    #"{"date":"2026-06-02","first_height":2001,"last_height_yet":2500}"#
                ) { try CalendarDay($0) }
                guard case .refused(let fault) = try await store.put([day(3), gap]) else {
                    throw Violation(description: "a day that leaves out a block was taken")
                }
                try requireEqual(fault.date.text, "2026-06-02", "date")
                try requireEqual(try await store.calendar(everyDay), [try day(1)], "calendar")
            }
        },
        StoreConformance("a final day takes a price that it lacked, and no other afterwards") { kind in
            try await kind.withStore { store in
                _ = try await store.put([try day(1)])
                let priced = try day(1, price: "\"2.5\"")
                try requireEqual(try await store.put([priced]), .taken(changed: 1, contradicted: []), "price")
                let other = try await store.put([day(1, price: "3")])
                guard case .taken(0, let contradicted) = other else {
                    throw Violation(description: "another price: \(other)")
                }
                try requireEqual(contradicted.map(\.date), [priced.date], "another price")
                try requireEqual(try await store.calendar(everyDay), [priced], "calendar")
            }
        },
        StoreConformance(
            "totals of every grouping equal those of the definition, and rebuilt ones equal stored ones"
        ) {
            kind in
            let generated = GeneratedLeases(seed: 11, count: 150)
            let leases = try generated.leases.map { try read($0) { try LeaseRecord($0) } }
            let days = try generated.calendar.map { try read($0) { try CalendarDay($0) } }
            let reference = InMemoryStore()
            try await kind.withStore { store in
                for store in [store, reference] as [any Store] {
                    _ = try await store.put(Array(leases[..<50]))
                    _ = try await store.put(Array(days[..<9]))
                    _ = try await store.put(Array(leases[50..<100]))
                    _ = try await store.put(Array(days[9...]))
                    _ = try await store.put(Array(leases[100...].reversed()))
                }
                for owner in Set(leases.map(\.identity.owner)).sorted() {
                    for grouping in UsageGrouping.ofLeases {
                        let found = try await store.usage(of: owner, everyDay, by: grouping)
                        let expected = try await reference.usage(of: owner, everyDay, by: grouping)
                        try requireEqual(found, expected, "\(owner) by \(grouping)")
                    }
                }
                let rebuilt = try await store.addUpUsage()
                try requireEqual(rebuilt.changed, 0, "changed by adding up")
                try requireEqual(rebuilt.groups, try await reference.addUpUsage().groups, "groups")
            }
        },
        StoreConformance("a reader gets all days, also when more than a month is stale") { kind in
            try await kind.withStore { store in
                let first = try requireSome(CalendarDate("2026-01-01"), "date")
                let days = try (0..<100).map { index in
                    try read(
                        #"{"date":"\#(first.adding(days: Int64(index)).text)","first_height":\#(1000 + index * 1000),"#
                            + #""last_height":\#(1999 + index * 1000),"last_height_yet":\#(1999 + index * 1000),"final":true}"#
                    ) { try CalendarDay($0) }
                }
                _ = try await store.put(days)
                _ = try await store.put([try lease(1)])
                try requireEqual(try await costs(store).count, 100, "days")
            }
        },
        StoreConformance("stale totals are aggregated in steps, and then equal those of a full aggregation") {
            kind in
            let generated = GeneratedLeases(seed: 12, count: 60)
            try await kind.withStore { store in
                _ = try await store.put(try generated.leases.map { try read($0) { try LeaseRecord($0) } })
                _ = try await store.put(try generated.calendar.map { try read($0) { try CalendarDay($0) } })
                var steps = 1
                while try await store.settleUsage(steps: 1) {
                    steps += 1
                    try requireEqual(steps < 10_000, true, "it comes to an end")
                }
                try requireEqual(try await store.addUpUsage().changed, 0, "changed by adding up")
            }
        },
        StoreConformance(
            "a correction is stored once, exactly, and loses its reason with the customer's data"
        ) { kind in
            try await kind.withStore { store in
                let june = try requireSome(CalendarDate("2026-06-01"), "date")
                func entry(
                    _ id: String,
                    _ subject: UsageCorrection.Subject,
                    _ amount: String
                ) throws -> UsageCorrection {
                    UsageCorrection(
                        id: id,
                        subject: subject,
                        date: june,
                        amount: try requireSome(ExactAmount(dollars: amount), "amount"),
                        reason: "why"
                    )
                }
                let own = try entry("b", .customer("cus_1"), "-0.000000000000000001")
                let other = try entry("c", .customer("cus_2"), "999999999.5")
                let address = try entry("a", .owner("akash1a"), "1")
                func stored() async throws -> [UsageCorrection] {
                    try await store.corrections(of: ["cus_1"], owners: ["akash1a"], june...june)
                }
                let outcomes = try await store.correct([own, other, address, own])
                try requireEqual(outcomes, [.added, .added, .added, .known], "outcomes")
                try requireEqual(try await stored(), [address, own], "entries")
                let changed = try entry("b", .customer("cus_1"), "2")
                let refused = try await store.correct([try entry("d", .owner("akash1a"), "1"), changed])
                try requireEqual(refused, [.added, .conflict], "another body")
                try requireEqual(try await stored(), [address, own], "entries after a conflict")
                let next = june.adding(days: 1)
                let later = try await store.corrections(of: ["cus_1"], owners: [], next...next)
                try requireEqual(later, [], "entries of the next day")
                let key = CustomerKey("cus_1", account: nil)
                try requireEqual(try await store.holdings(of: key).corrections, 1, "texts to erase")
                _ = try await store.eraseDerived(of: key)
                try requireEqual(
                    try await stored(),
                    [address, own.withoutReason],
                    "entries after an erasure"
                )
                try requireEqual(try await store.correct([own]), [.known], "the same entry again")
            }
        },
        StoreConformance("tags are replaced whole, as they were sent, and usage is grouped by their values") {
            kind in
            try await kind.withStore { store in
                func tags(
                    _ dseq: Int64,
                    _ values: [String: String],
                    _ owner: String = "akash1o"
                ) -> DeploymentTags {
                    DeploymentTags(owner: owner, dseq: dseq, values: values)
                }
                let odd = tags(9_007_199_254_740_993, ["a:b/c": "x=\"y\" \u{1F600} \\ 'z'"], "akash1p")
                let sent = [
                    tags(3, ["team": "b"]), tags(1, ["team": "a", "env": "prod"]), odd, tags(9, [:]),
                ]
                try requireEqual(try await store.tag(sent), 3, "changed")
                try requireEqual(try await store.tag(sent), 0, "changed by the same again")
                let all = try await store.tags(of: ["akash1p", "akash1o", "akash1x"])
                try requireEqual(all, [sent[1], sent[0], odd], "tags")
                let twice = [tags(2, ["team": "x"]), tags(2, ["team": "a"]), tags(1, ["team": "a"])]
                try requireEqual(try await store.tag(twice), 2, "changed, of two for one deployment the last")
                try requireEqual(
                    try await store.tags(of: ["akash1o"]),
                    [twice[2], twice[1], sent[0]],
                    "replaced tags"
                )
                _ = try await store.put([try lease(1), try lease(2), try lease(3), try lease(4)])
                _ = try await store.put([try day(2)])
                func groups(_ key: String) async throws -> [String] {
                    try await store.usage(of: "akash1o", everyDay, by: .tag(key)).map { group in
                        "\(group.group) \(group.totals.deployments) \(group.totals.amounts[.uact]?.microUnitsText ?? "")"
                    }
                }
                try requireEqual(try await groups("team"), [" 1 1000", "a 2 2000", "b 1 1000"], "by team")
                try requireEqual(try await groups("env"), [" 4 4000"], "by a key that was replaced")
                try requireEqual(try await store.tag([tags(2, [:]), tags(7, [:])]), 1, "removed")
                try requireEqual(try await groups("team"), [" 2 2000", "a 1 1000", "b 1 1000"], "after it")
            }
        },
        StoreConformance(
            "an erasure deletes the tags at the customer's addresses, and later ones are not stored"
        ) {
            kind in
            try await kind.withStore { store in
                func tags(_ owner: String) -> DeploymentTags {
                    DeploymentTags(owner: owner, dseq: 1, values: ["owner": "Alice"])
                }
                let june = try requireSome(CalendarDate("2026-06-01"), "date")
                let whole = AccountPeriod(address: "akash1a", from: nil, through: nil)
                let former = AccountPeriod(address: "akash1b", from: nil, through: june)
                let since = AccountPeriod(address: "akash1b", from: june.adding(days: 1), through: nil)
                let maps = [
                    AccountMap(customer: "cus_1", accounts: [whole, former]),
                    AccountMap(customer: "cus_2", accounts: [since]),
                ]
                _ = try await store.setAccounts(maps)
                let owners = ["akash1a", "akash1b", "akash1c"]
                try requireEqual(try await store.tag(owners.map(tags)), 3, "changed")
                let (key, other) = (
                    CustomerKey("cus_1", account: nil), CustomerKey("cus_1", account: "acct_1")
                )
                try requireEqual(try await store.holdings(of: key).tagged, 2, "deployments with tags")
                try requireEqual(try await store.holdings(of: other).tagged, 0, "of another account")
                _ = try await store.eraseDerived(of: other)
                try requireEqual(
                    try await store.tags(of: owners).count,
                    3,
                    "tags of another account's customer"
                )
                try await store.mark(["cus_1"], of: key, at: Instant(unixSeconds: 5))
                _ = try await store.eraseDerived(of: key)
                try requireEqual(try await store.tags(of: owners), [tags("akash1c")], "tags after an erasure")
                // The second address has another customer too.
                try requireEqual(try await store.tag(owners.map(tags)), 1, "changed after an erasure")
                try requireEqual(
                    try await store.tags(of: owners),
                    [tags("akash1b"), tags("akash1c")],
                    "tags that were sent after an erasure"
                )
            }
        },
        StoreConformance("the open leases of all owners come page by page, each once") { kind in
            try await kind.withStore { store in
                let leases = try (1...5).map { try lease($0, owner: "akash1\($0 % 2)") }
                let closed = try lease(6, more: #","closed_height":"1600""#)
                _ = try await store.put(leases + [closed])
                let texts = leases.map(\.identity.text).sorted()
                let first = try await store.openLeases(after: nil, limit: 3).map(\.identity.text)
                try requireEqual(first, Array(texts.prefix(3)), "first page")
                let rest = try await store.openLeases(after: first.last, limit: 3).map(\.identity.text)
                try requireEqual(rest, Array(texts.suffix(2)), "last page")
                try requireEqual(try await store.openLeases(after: texts.last, limit: 3), [], "after it")
            }
        },
        StoreConformance("a lease known without the number of its bid and with it is one lease") { kind in
            for order in [[0, 3], [3, 0], [0, 3, 0], [3, 3]] {
                for isOneList in [false, true] {
                    try await kind.withStore { store in
                        _ = try await store.put([try day(1), try day(2)])
                        let records = try order.enumerated().map { index, bseq in
                            // The older of two records may be the one that has the number.
                            try lease(7, more: #","bseq":\#(bseq),"as_of_height":\#(9000 - index)"#)
                        }
                        let lists = isOneList ? [records] : records.map { [$0] }
                        for list in lists { _ = try await store.put(list) }
                        let open = try await store.openLeases(of: "akash1o")
                        try requireEqual(open.map(\.identity.bseq), [3], "numbers after \(order)")
                        for bseq in [0, 3, 4] {
                            let named = try lease(7, more: #","bseq":\#(bseq)"#).identity
                            let found = try await store.leases(named: [named])
                            try requireEqual(found, open, "found by number \(bseq)")
                        }
                        try requireEqual(try await costs(store).count, 2, "days that it costs")
                        try requireEqual(try await store.addUpUsage().changed, 0, "changed by adding up")
                    }
                }
            }
        },
        StoreConformance(
            "two numbered leases of one order are two, and a record without number finds its own"
        ) { kind in
            try await kind.withStore { store in
                let first = try lease(7, more: #","bseq":1,"closed_height":"1600""#)
                let second = try lease(7, created: 1700, more: #","bseq":2"#)
                _ = try await store.put([first, second])
                let outcome = try await store.put([try lease(7, created: 1700, price: "2")])
                try requireEqual(outcome, .taken(changed: 1, contradictions: []), "outcome")
                let leases = try await store.leases(named: [first.identity])
                let prices = leases.sorted { $0.identity.bseq < $1.identity.bseq }
                    .map { "\($0.identity.bseq): \($0.prices[0].pricePerBlock.microUnitsText)" }
                try requireEqual(prices, ["1: 1", "2: 2"], "prices")
            }
        },
        StoreConformance("a customer's addresses are those that were set last") { kind in
            try await kind.withStore { store in
                let june = try requireSome(CalendarDate("2026-06-01"), "date")
                let first = AccountPeriod(address: "akash1a", from: nil, through: june)
                let second = AccountPeriod(address: "akash1b", from: june.adding(days: 1), through: nil)
                try requireEqual(try await store.setAccounts([second, first], of: "cus_1"), true, "changed")
                try requireEqual(try await store.setAccounts([first, second], of: "cus_1"), false, "changed")
                try requireEqual(try await store.accounts(of: "cus_1"), [first, second], "accounts")
                try requireEqual(try await store.setAccounts([second], of: "cus_1"), true, "changed")
                try requireEqual(try await store.accounts(of: "cus_1"), [second], "accounts")
                try requireEqual(try await store.accounts(of: "cus_2"), [], "another's accounts")
                let holder = AddressHolder(customer: "cus_1", period: second)
                try requireEqual(try await store.holders(of: "akash1b"), [holder], "whose an address is")
                try requireEqual(try await store.holders(of: "akash1a"), [], "whose a forgotten address is")
            }
        },
        StoreConformance("no address belongs to two customers on one day, and a refused map changes nothing")
        { kind in
            try await kind.withStore { store in
                let june = try requireSome(CalendarDate("2026-06-01"), "date")
                func period(_ from: CalendarDate?, _ through: CalendarDate?) -> AccountPeriod {
                    AccountPeriod(address: "akash1a", from: from, through: through)
                }
                func map(_ customer: String, _ periods: AccountPeriod...) -> AccountMap {
                    AccountMap(customer: customer, accounts: periods)
                }
                let (first, second) = (period(nil, june), period(june.adding(days: 1), nil))
                var outcome = try await store.setAccounts([map("cus_1", period(nil, nil))])
                try requireEqual(outcome, .set(changed: 1), "the first customer")
                let other = AccountPeriod(address: "akash1b", from: nil, through: nil)
                outcome = try await store.setAccounts([map("cus_3", other), map("cus_2", second)])
                let shared = SharedAddress(customer: "cus_1", other: "cus_2", period: second)
                try requireEqual(outcome, .shared(shared), "the second while the first has the address")
                try requireEqual(try await store.accounts(of: "cus_3"), [], "a customer of the same request")
                // An address is handed over in one request, whose maps may be in any order.
                outcome = try await store.setAccounts([map("cus_2", second), map("cus_1", first)])
                try requireEqual(outcome, .set(changed: 2), "the handover")
                outcome = try await store.setAccounts([map("cus_1", first), map("cus_2", second)])
                try requireEqual(outcome, .set(changed: 0), "the same again")
                outcome = try await store.setAccounts([map("cus_2", period(june, nil))])
                let day = SharedAddress(customer: "cus_1", other: "cus_2", period: period(june, june))
                try requireEqual(outcome, .shared(day), "one day in common")
                try requireEqual(try await store.accounts(of: "cus_2"), [second], "what a refusal leaves")
                outcome = try await store.setAccounts([map("cus_1"), map("cus_2", period(nil, nil))])
                try requireEqual(outcome, .set(changed: 2), "the whole address")
            }
        },
        StoreConformance("the newest name of a provider is shown") { kind in
            try await kind.withStore { store in
                for (dseq, name) in [(1, "old"), (2, "new")] {
                    _ = try await store.put([lease(dseq, more: #","provider_name":"\#(name)""#)])
                }
                _ = try await store.put([try lease(3)])
                try requireEqual(
                    try await store.names(ofProviders: ["akash1p", "akash1q"]),
                    ["akash1p": "new"],
                    "names"
                )
                // A provider is renamed while its earlier leases continue.
                _ = try await store.put([lease(1, more: #","provider_name":"newest""#)])
                let renamed = try await store.names(ofProviders: ["akash1p"])
                try requireEqual(renamed, ["akash1p": "newest"], "name that came with an older lease")
            }
        },
        StoreConformance("the newest observed balance of each customer is kept, as it was said") { kind in
            try await kind.withStore { store in
                func balance(_ customer: String, _ amount: String, at second: Int64) throws -> ObservedBalance
                {
                    ObservedBalance(
                        customer: customer,
                        available: try requireSome(ExactAmount(dollars: amount), amount),
                        reserves: [ObservedBalance.Reserve(dseq: "9007199254740993", amount: .zero)],
                        isTrial: second == 2,
                        observedAt: Instant(unixSeconds: second)
                    )
                }
                let (old, new) = (try balance("cus_1", "1", at: 1), try balance("cus_1", "2.5", at: 2))
                let other = try balance("cus_2", "0.000000000000000001", at: 1)
                try requireEqual(try await store.observe([new, old, other]), 2, "changed")
                try requireEqual(try await store.observe([old, new, other]), 0, "changed again")
                let all = try await store.observedBalances(of: ["cus_2", "cus_1", "cus_3"])
                try requireEqual(
                    try await store.observedBalances(after: nil, limit: 9),
                    all,
                    "all observations"
                )
                let first = try await store.observedBalances(after: nil, limit: 1)
                let rest = try await store.observedBalances(after: "cus_1", limit: 9)
                try requireEqual(first + rest, all, "pages of observations")
                try requireEqual(all, [new, other], "observed")
            }
        },
        StoreConformance("a credit is stored once, and another one with its id is a conflict") { kind in
            try await kind.withStore { store in
                func credit(_ id: String, _ amount: Int64, at created: Int64 = 5) -> Credit {
                    Credit(
                        id: id,
                        customer: "cus_1",
                        kind: .bonus,
                        money: Money(minorUnits: amount, currency: .usd),
                        created: Instant(unixSeconds: created),
                        description: "welcome"
                    )
                }
                let first = credit("a", 500, at: 9)
                try requireEqual(try await store.give([first, first]), [.given, .known], "outcomes")
                try requireEqual(
                    try await store.give([credit("b", 1), credit("a", 1)]),
                    [.given, .conflict],
                    "outcomes"
                )
                try requireEqual(
                    try await store.credits(of: "cus_1"),
                    [first],
                    "credits, for nothing was given"
                )
                _ = try await store.give([credit("b", -100)])
                try requireEqual(try await store.credits(of: "cus_1"), [credit("b", -100), first], "credits")
                try requireEqual(try await store.credits(of: "cus_2"), [], "another's credits")
            }
        },
    ]
}

extension LeasesOutcome {
    /// The contradictions; none if the records were refused.
    package var contradictions: [UsageContradiction] {
        if case .taken(_, let contradictions) = self { contradictions } else { [] }
    }
}
