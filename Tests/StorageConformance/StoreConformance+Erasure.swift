import Billing
import Storage
import TestSupport

extension StoreConformance {
    private static let key = CustomerKey(CanaryScenario.customer, account: nil)
    private static let now = Instant(unixSeconds: MadeUp.start + 5000)

    static let erasure = [
        StoreConformance(
            "an erased customer's personal data are gone, and the amounts are kept"
        ) {
            kind in
            try await kind.withPlace { place in
                try await place.withStore { store in
                    try await told(store)
                    let before = try await store.allRows()
                    let others = try await Others(store)
                    try requireEqual(
                        try await store.customers(ofUser: CanaryScenario.user),
                        [CanaryScenario.customer],
                        "customers of the user"
                    )
                    let report = try requireSome(await erase(store), "report")
                    try requireEqual(report.events, try CanaryScenario.bodies().count + 1, "events")
                    try requireEqual(report.wasErased, false, "erased before")

                    try await requireNoCanary(store)
                    let rows = try await store.allRows()
                    try requireEqual(rows.map(\.essentials), before.map(\.essentials), "rows")
                    try requireEqual(try await Others(store), others, "the other customer")
                    try await requireRebuildChangesNothing(store)

                    let again = try requireSome(await erase(store), "report of the second time")
                    try requireEqual(again.events, 0, "erased the second time")
                    try requireEqual(again.wasErased, true, "erased before")
                    try requireEqual(try await store.allRows(), rows, "rows after the second time")
                }
                try await place.withStore { store in
                    for body in try CanaryScenario.bodies() {
                        try requireEqual(try await store.record(body), .duplicate, "sent again")
                    }
                    try await requireNoCanary(store)
                }
            }
        },
        StoreConformance("later events of an erased customer are recorded without personal data") { kind in
            try await kind.withPlace { place in
                try await place.withStore { store in
                    try await told(store)
                    _ = try await erase(store)
                    let dispute = try CanaryScenario.laterBodies()[1]
                    try requireEqual(try await store.record(dispute), .recorded, "the dispute")
                }
                // The marks outlive the process.
                try await place.withStore { store in
                    for body in try CanaryScenario.laterBodies() { try await store.record(body) }
                    try await requireNoCanary(store)
                    let purchase = try requireSome(await store.transaction(id: "pi_gone"), "purchase")
                    try requireEqual(purchase.amountRefunded, 700, "refunded")
                    try requireEqual(try await store.transaction(id: "dp_gone")?.status, "lost", "dispute")
                    try requireEqual(try await store.transaction(id: "ch_new")?.amount, 2500, "new purchase")
                    for id in ["evt_later_refund", "evt_later_unread", "evt_new"] {
                        let kept = try requireSome(await store.entry(id: id), id)
                        try requireEqual(kept.payload, nil, "body of \(id)")
                        try requireEqual(kept.entry.removal?.cause, .erasure, "cause of \(id)")
                        try require(kept.entry.size > 100, "the size of \(id) as it came")
                    }
                    try requireEqual(
                        try await store.marked(
                            among: ["ch_new", "dp_gone", "ch_other", CanaryScenario.customer],
                            account: nil
                        ),
                        ["ch_new", "dp_gone", CanaryScenario.customer],
                        "marked"
                    )
                    try await requireRebuildChangesNothing(store)
                    let again = try requireSome(await erase(store), "report")
                    try requireEqual(again.events, 0, "erased the second time")
                }
            }
        },
        StoreConformance("a dry run of an erasure changes nothing") { kind in
            try await kind.withStore { store in
                try await told(store)
                let rows = try await store.allRows()
                let report = try requireSome(await erase(store, isDryRun: true), "report")
                try requireEqual(report.events, try CanaryScenario.bodies().count + 1, "events")
                try requireEqual(report.transactions, rows.count { $0.customer == key.customer }, "rows")
                try requireEqual(try await store.allRows(), rows, "rows")
                try require(try await store.entry(id: "evt_charge")?.payload != nil, "the bodies are there")
                try requireEqual(
                    try await store.marked(among: [key.customer], account: nil),
                    [],
                    "marked"
                )
            }
        },
        StoreConformance("an unknown customer, or one known only in another account, is not erased") { kind in
            try await kind.withStore { store in
                try await told(store)
                let rows = try await store.allRows()
                for key in [
                    CustomerKey("cus_unknown", account: nil), CustomerKey(key.customer, account: "acct_1"),
                ] {
                    let report = try await CustomerEraser(store: store, archive: nil)
                        .erase(key, isDryRun: false, now: now)
                    try requireEqual(report, nil, "report of \(key)")
                    try requireEqual(
                        try await store.marked(among: [key.customer], account: key.account),
                        [],
                        "marked"
                    )
                }
                try requireEqual(try await store.allRows(), rows, "rows")
            }
        },
        StoreConformance("an event whose body was purged because of its age is erased like any other") {
            kind in
            try await kind.withStore { store in
                try await told(store)
                let before = try await store.allRows()
                let aged = try await store.agedBodies(
                    receivedBefore: now,
                    after: nil,
                    limit: 1000,
                    maxBytes: .max
                )
                _ = try await store.purge(aged.compactMap { $0.purged(at: now, archive: "x.jsonl") })
                let report = try requireSome(await erase(store), "report")
                try require(report.events > 0, "events were erased")
                try await requireNoCanary(store)
                let rows = try await store.allRows()
                try requireEqual(rows.map(\.essentials), before.map(\.essentials), "rows")
                try await requireRebuildChangesNothing(store)
            }
        },
    ]

    /// Tells the store of two customers, one of whom is to be erased.
    private static func told(_ store: any Store) async throws {
        for body in try CanaryScenario.bodies() + CanaryScenario.othersBodies() {
            try await store.record(body)
        }
        _ = try await store.give(
            [CanaryScenario.customer, "cus_other"].map { customer in
                Credit(
                    id: "credit_\(customer)",
                    customer: customer,
                    kind: .manual,
                    money: Money(minorUnits: 100, currency: Currency("usd")),
                    created: Instant(unixSeconds: MadeUp.start),
                    description: customer == "cus_other" ? "Kept" : CanaryScenario.canary("credit")
                )
            }
        )
    }

    private static func erase(
        _ store: any Store,
        isDryRun: Bool = false
    ) async throws -> ErasureReport? {
        try await CustomerEraser(store: store, archive: nil).erase(key, isDryRun: isDryRun, now: now)
    }

    private static func requireRebuildChangesNothing(_ store: any Store) async throws {
        let rows = try await store.allRows()
        try requireEqual(try await store.reprojectAll().changed, 0, "changed by a rebuild")
        try requireEqual(try await store.allRows(), rows, "rows after a rebuild")
    }

    /// In no row, no list, no search, no event, no credit.
    private static func requireNoCanary(_ store: any Store) async throws {
        let rows = try await store.allRows()
        try require(!"\(rows)".contains(CanaryScenario.mark), "a row has a canary")
        for search in [CanaryScenario.mark, "canary-description-7f3a"] {
            var filter = TransactionFilter()
            filter.search = search
            try requireEqual(try await store.allRows(filter).map(\.id), [], "found by \(search)")
        }
        try requireEqual(try await store.customers(ofUser: CanaryScenario.user), [], "of the user")
        let credits = try await store.credits(of: CanaryScenario.customer)
        try requireEqual(credits.map(\.description), [nil], "descriptions of credits")
        for row in rows {
            let named = [row.charge.map { ObjectReference(.charge, $0) }].compactMap(\.self)
            for record in try await store.payments(of: named, account: row.account).joined() {
                let text = record.snapshot.map { String(decoding: $0.encoded, as: UTF8.self) } ?? ""
                try require(!text.contains(CanaryScenario.mark), "a snapshot has a canary")
            }
        }
        for event in try await store.events(after: 0, limit: 1000) {
            try require(!"\(event.entry)".contains(CanaryScenario.mark), "an entry has a canary")
            let text = event.payload.map { String(decoding: $0, as: UTF8.self) } ?? ""
            try require(!text.contains(CanaryScenario.mark), "a body has a canary")
            let essence = event.event.flatMap(RetainedFields.encode).map {
                String(decoding: $0, as: UTF8.self)
            }
            try require(!(essence ?? "").contains(CanaryScenario.mark), "an essence has a canary")
        }
    }

    /// All that is known of the other customer, byte by byte.
    private struct Others: Equatable {
        let rows: [Transaction]
        let entries: [EventEntry]
        let payloads: [[UInt8]?]
        let credits: [Credit]
        let users: [String]

        init(_ store: any Store) async throws {
            rows = try await store.allRows(TransactionFilter(ofCustomers: ["cus_other"]))
            let events = try await store.events(after: 0, limit: 1000)
                .filter { $0.entry.id.hasPrefix("evt_other") }
            entries = events.map(\.entry)
            payloads = events.map(\.payload)
            credits = try await store.credits(of: "cus_other")
            users = try await store.customers(ofUser: "user_other")
        }
    }
}

extension Transaction {
    /// The fields of a row that accounting needs.
    fileprivate var essentials: [String] {
        [
            id, type.rawValue, status, String(amount), String(amountRefunded), currency.code,
            String(created.unixSeconds), customer ?? "", paymentIntent ?? "", charge ?? "", invoice ?? "",
            refund ?? "", dispute ?? "", failure?.code ?? "", failure?.declineCode ?? "", String(disputed),
            String(livemode), receipt.number ?? "", String(receipt.available), paymentMethod?.type ?? "",
            paymentMethod?.brand ?? "",
        ]
    }
}
