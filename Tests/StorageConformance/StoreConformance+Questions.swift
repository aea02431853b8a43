import Billing
import Storage
import TestSupport

extension StoreConformance {
    /// Long after anything that was recorded at ``MadeUp/start`` is due.
    private static let later = Instant(unixSeconds: MadeUp.start + 3600)

    private static func asked(_ store: any Store, now: Instant = later) async throws -> [StripeFetchRequest] {
        try await store.leaseFetches(now: now).compactMap(\.fetchKey?.question).sorted()
    }

    private static func thinEvent(
        _ id: String = "evt_thin",
        livemode: Bool = false,
        context: String? = nil,
        url: String = "/v1/charges/ch_1"
    ) -> [UInt8] {
        let context = context.map { #","context":"\#($0)""# } ?? ""
        let body = """
            {"id":"\(id)","object":"v2.core.event","type":"v1.charge.refunded","livemode":\(livemode)\(context),
            "created":"2025-06-15T15:06:40.000Z",
            "related_object":{"id":"ch_1","type":"charge","url":"\(url)"}}
            """
        return Array(body.utf8)
    }

    private static func charge(
        _ id: String,
        described: String,
        created: Int64 = MadeUp.start
    ) throws -> [UInt8] {
        try MadeUp.event(
            id,
            "charge.updated",
            MadeUp.charge("ch_1", ["description": described]),
            created: created
        )
    }

    private static let object = StripeFetchRequest.object(ObjectReference(.charge, "ch_1"))

    static let questions = [
        StoreConformance("a charge with unknown refunds has them fetched, until one arrives") {
            kind in
            try await kind.withStore { store in
                try await store.record(
                    MadeUp.event(
                        "evt_1",
                        "charge.refunded",
                        MadeUp.charge("ch_1", ["amount_refunded": 500]),
                        created: MadeUp.start + 200
                    )
                )
                try requireEqual(try await asked(store), [.refunds(charge: "ch_1")], "asked")
                let item = try requireSome(await store.job(id: "charge.refunds:ch_1"), "fetch")
                try await store.giveUp(item)
                try requireEqual(try await store.fetches().gaveUp, 1, "given up")
                let refund = MadeUp.refund("re_1", charge: "ch_1", ["object": "refund"])
                try await store.record(MadeUp.event("evt_2", "refund.created", refund))
                let nothing = FetchSummary(pending: 0, gaveUp: 0, oldestDueAt: nil)
                try requireEqual(try await store.fetches(), nothing, "once it came")
            }
        },
        StoreConformance("an invoice paid without a known payment has its payments fetched, after a delay") {
            kind in
            try await kind.withStore { store in
                let invoice: [String: Any] = [
                    "id": "in_1", "object": "invoice", "amount_paid": 2500, "currency": "usd",
                    "created": MadeUp.start, "status": "paid",
                ]
                try await store.record(MadeUp.event("evt_1", "invoice.paid", invoice))
                let soon = Instant(unixSeconds: MadeUp.start + 30)
                try requireEqual(try await asked(store, now: soon), [], "Stripe tells twenty seconds later")
                try requireEqual(try await asked(store), [.payments(invoice: "in_1")], "asked")
            }
        },
        StoreConformance("the unknown charge of a refund or a dispute is fetched") { kind in
            for (type, object) in [
                ("refund.created", MadeUp.refund("re_1", charge: "ch_1")),
                ("charge.dispute.created", MadeUp.dispute("dp_1", charge: "ch_1")),
            ] {
                try await kind.withStore { store in
                    try await store.record(MadeUp.event("evt_1", type, object))
                    try requireEqual(try await asked(store), [Self.object], type)
                }
            }
        },
        StoreConformance(
            "two unordered states of one second are fetched until a later one arrived"
        ) {
            kind in
            try await kind.withPlace { place in
                var store = try await place.open(livemode: nil)
                try await store.record(charge("evt_1", described: "a"))
                try requireEqual(try await asked(store), [], "one state")
                try await store.record(charge("evt_2", described: "b"))
                try requireEqual(try await asked(store), [Self.object], "two")
                await store.close()
                store = try await place.open(livemode: nil)
                // An ambiguous object stays so after a restart, and after a rebuild.
                _ = try await store.reprojectAll()
                try await store.finish(Self.object)
                try await store.record(
                    MadeUp.event("evt_3", "refund.created", MadeUp.refund("re_1", charge: "ch_1"))
                )
                try requireEqual(
                    try await asked(store, now: later.adding(seconds: 10)),
                    [Self.object],
                    "still"
                )
                try await store.record(charge("evt_4", described: "c", created: MadeUp.start + 1))
                let nothing = FetchSummary(pending: 0, gaveUp: 0, oldestDueAt: nil)
                try requireEqual(try await store.fetches(), nothing, "once a later one came")
                await store.close()
            }
        },
        StoreConformance("a customer with two states in one second is fetched") { kind in
            try await kind.withStore { store in
                for (id, user) in [("evt_1", "user_1"), ("evt_2", "user_2")] {
                    let body = try MadeUp.event(id, "customer.updated", MadeUp.customer("cus_1", user: user))
                    try await store.record(body)
                }
                let question = StripeFetchRequest.object(ObjectReference(.customer, "cus_1"))
                try requireEqual(try await asked(store), [question], "asked")
                try await store.record(
                    MadeUp.event(
                        "evt_3",
                        "customer.updated",
                        MadeUp.customer("cus_1", user: "user_2"),
                        created: MadeUp.start + 1
                    )
                )
                try requireEqual(try await store.fetches().pending, 0, "once a later one came")
            }
        },
        StoreConformance("items that were given up are listed with their reason, the latest request first") {
            kind in
            try await kind.withStore { store in
                for (number, account) in [(1, nil), (2, "acct_1"), (3, nil)] {
                    let refund = MadeUp.refund("re_\(number)", charge: "ch_\(number)")
                    try await store.record(
                        MadeUp.event("evt_\(number)", "refund.created", refund, account: account)
                    )
                }
                let failed = JobQuery(kinds: [.fetch], states: [.failed], limit: 9)
                try requireEqual(try await store.jobs(failed), [], "as long as nothing was")
                let asked = try await store.leaseFetches(now: later).sorted { $0.id < $1.id }
                for item in asked.dropLast() { try await store.giveUp(item, reason: "gone \(item.id)") }
                let listed = try await store.jobs(failed)
                try requireEqual(listed.map(\.id), ["charge:ch_2@acct_1", "charge:ch_1"], "listed")
                try requireEqual(listed.map(\.fetchKey?.account), ["acct_1", ""], "accounts")
                try requireEqual(listed.map(\.attempts), [1, 1], "attempts")
                try requireEqual(
                    listed.map(\.reason),
                    ["gone charge:ch_2@acct_1", "gone charge:ch_1"],
                    "reasons"
                )
            }
        },
        StoreConformance("deriving the feed again fetches nothing") { kind in
            try await kind.withStore { store in
                try await store.record(charge("evt_1", described: "a"))
                try await store.record(charge("evt_2", described: "b"))
                try await store.record(thinEvent())
                for item in try await store.leaseFetches(now: later) { _ = try await store.remove(item) }
                _ = try await store.reprojectAll()
                try requireEqual(try await store.fetches().pending, 0, "pending")
            }
        },
        StoreConformance("a fetched object adds only work that was not there before") { kind in
            try await kind.withStore { store in
                let refunded = MadeUp.charge("ch_1", ["amount_refunded": 500])
                try await store.record(
                    MadeUp.event("evt_1", "charge.refunded", refunded, created: MadeUp.start + 200),
                    source: .api
                )
                try requireEqual(try await asked(store), [.refunds(charge: "ch_1")], "it is new")
                try await store.finish(.refunds(charge: "ch_1"))
                // Stripe had no refund to show; its charge shown once more is no reason to ask again.
                try await store.record(
                    MadeUp.event("evt_2", "charge.refunded", refunded, created: MadeUp.start + 300),
                    source: .api
                )
                try requireEqual(try await store.fetches().pending, 0, "asked by what was fetched")
                try await store.record(
                    MadeUp.event("evt_3", "charge.updated", refunded, created: MadeUp.start + 400)
                )
                try requireEqual(try await store.fetches().pending, 1, "asked by Stripe's own event")
            }
        },
        StoreConformance("a thin event is kept, changes no row, and its object is fetched once") { kind in
            try await kind.withStore(livemode: false) { store in
                try requireEqual(try await store.record(thinEvent()), .recorded, "outcome")
                try requireEqual(try await store.record(thinEvent()), .duplicate, "again")
                try requireEqual(try await store.allRows().count, 0, "rows")
                try requireEqual(try await asked(store), [.thinEvent("evt_thin")], "asked")
                try await store.record(thinEvent("evt_account", context: "acct_1"))
                let items = try await store.leaseFetches(now: later.adding(seconds: 9))
                try requireEqual(Set(items.map(\.fetchKey?.account)), ["", "acct_1"], "accounts")

                try await store.record(thinEvent("evt_live", livemode: true))
                let entry = try requireSome(await store.entry(id: "evt_live"), "entry").entry
                try requireEqual(entry.disposition, .otherMode, "of the other mode")
                let outcome = try await store.record(thinEvent("evt_odd", url: "https://evil.example/ch_1"))
                try requireEqual(outcome, .recorded, "with the URL of another place")
                try requireEqual(try await store.fetches().pending, 3, "it is asked for as well")
            }
        },
    ]
}
