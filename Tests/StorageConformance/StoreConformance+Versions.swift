import Billing
import Storage
import TestSupport

extension StoreConformance {
    private static let (older, newer) = ("2019-09-09", "2025-09-30.clover")
    private static let now = Instant(unixSeconds: MadeUp.start + 5000)

    /// One refund in two API versions: only the older body shows the refund itself, only the newer one names
    /// the payment intent.
    private static func refunded(in version: String?) throws -> [UInt8] {
        let refund = MadeUp.refund("re_1", charge: "ch_1")
        let more: [String: Any] =
            version == newer ? ["payment_intent": "pi_1"] : ["refunds": ["object": "list", "data": [refund]]]
        let charge = MadeUp.charge("ch_1", ["amount_refunded": 500].merging(more) { $1 })
        return try MadeUp.event(
            "evt_1",
            "charge.refunded",
            charge,
            created: MadeUp.start + 100,
            apiVersion: version
        )
    }

    private static func intent() throws -> [UInt8] {
        try MadeUp.event("evt_0", "payment_intent.succeeded", MadeUp.intent("pi_1"))
    }

    private static func requireBothRead(_ store: any Store) async throws {
        try requireEqual(try await store.ids(), ["re_1", "pi_1"], "rows")
        try requireEqual(
            try await store.allRows(),
            NaiveFeed.rows(of: [intent(), refunded(in: older), refunded(in: newer)]),
            "rows of the set of events"
        )
        try requireEqual(try await store.reprojectAll().changed, 0, "changed by a rebuild")
    }

    static let versions = [
        StoreConformance("an event in two API versions is recorded in each, and both are read") { kind in
            for order in [[older, newer], [newer, older]] {
                try await kind.withStore { store in
                    try await store.record(intent())
                    for version in order {
                        let body = try refunded(in: version)
                        try requireEqual(try await store.record(body), .recorded, "in \(version)")
                        try requireEqual(try await store.record(body), .duplicate, "again in \(version)")
                    }
                    for version in order {
                        try requireEqual(
                            try await store.record(refunded(in: version)),
                            .duplicate,
                            "late in \(version)"
                        )
                    }
                    try await requireBothRead(store)
                    let told = try await store.renderings(of: "evt_1")
                    try requireEqual(told.map(\.entry.apiVersion), order, "versions")
                    try requireEqual(told.map(\.payload), try order.map(refunded), "payloads")
                    try requireEqual(
                        try await store.entry(id: "evt_1")?.payload,
                        try refunded(in: newer),
                        "newest"
                    )
                    let events = try await store.payment(ofTransaction: "pi_1")?.events
                    try requireEqual(events, ["evt_0", "evt_1"], "behind the row, each once")
                    try requireEqual(try await store.reproject(eventID: "evt_1")?.events, 2, "read again")
                }
            }
        },
        StoreConformance("a missing API version is a version of its own, and so is a long one") { kind in
            try await kind.withStore { store in
                let versions = [nil, newer, String(repeating: "\u{1F600}9x", count: 9000)]
                for version in versions {
                    let body = try MadeUp.event("evt_1", "a.b", [:], apiVersion: version)
                    try requireEqual(try await store.record(body), .recorded, version ?? "none")
                    try requireEqual(try await store.record(body), .duplicate, "again \(version ?? "none")")
                }
                let empty = try MadeUp.event("evt_1", "a.b", [:], apiVersion: "")
                try requireEqual(try await store.record(empty), .duplicate, "an empty one is a missing one")
                let told = try await store.renderings(of: "evt_1").map(\.entry.key.apiVersion)
                try requireEqual(told.map(\.unicodeScalars.count), [0, 17, 255], "versions")
            }
        },
        StoreConformance("an event recorded in two API versions by many at once is recorded once in each") {
            kind in
            try await kind.withStore { store in
                try await store.record(intent())
                let outcomes = try await withThrowingTaskGroup(of: RecordOutcome.self) { group in
                    for number in 0..<64 {
                        group.addTask {
                            try await store.record(refunded(in: number.isMultiple(of: 2) ? older : newer))
                        }
                    }
                    return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
                }
                try requireEqual(outcomes, [.recorded: 2, .duplicate: 62], "outcomes")
                try await requireBothRead(store)
            }
        },
        StoreConformance("entries are paged without gap or repeat across an event in two API versions") {
            kind in
            let keys = [
                EventKey("evt_1", apiVersion: older), EventKey("evt_2", apiVersion: newer),
                EventKey("evt_1", apiVersion: newer), EventKey("evt_1", apiVersion: nil),
                EventKey("evt_1@\(newer)", apiVersion: newer), EventKey("evt%40", apiVersion: nil),
            ]
            try await kind.withStore { store in
                for key in keys {
                    let version = key.apiVersion.isEmpty ? nil : key.apiVersion
                    try await store.record(MadeUp.event(key.id, "a.b", [:], apiVersion: version))
                }
                for isByTime in [false, true] {
                    for limit in 1...keys.count {
                        var query = EventQuery(limit: limit)
                        if isByTime { query.receivedFrom = Instant(unixSeconds: 0) }
                        let name = "\(limit) a page\(isByTime ? ", by time" : "")"
                        let forth = try await keysOfAllPages(query, in: store)
                        try requireEqual(forth, keys.reversed(), "forth, \(name)")
                        query.endingBefore = keys[0].text
                        let back = try await keysOfAllPages(query, in: store)
                        try requireEqual(back, keys.dropFirst().reversed(), "back, \(name)")
                    }
                }
                func after(_ cursor: String) async throws -> [EventKey]? {
                    try await store.entries(EventQuery(startingAfter: cursor))?.elements.map(\.key)
                }
                try requireEqual(try await after("evt_2"), [keys[0]], "an id that is told once")
                try requireEqual(try await after("evt_1"), nil, "an id that is told in several versions")
                try requireEqual(try await after("evt_1@2020-08-27"), nil, "a version that is not told")
                try requireEqual(try await after("evt%40"), keys[..<5].reversed(), "an id as it stands")
            }
        },
        StoreConformance("bodies of an event in two API versions are purged separately") { kind in
            for gone in [[older], [newer], [older, newer]] {
                try await kind.withPlace { place in
                    try await place.withStore { store in
                        try await store.record(intent())
                        for version in [older, newer] { try await store.record(refunded(in: version)) }
                        let count = try await store.purge { entry in
                            entry.id == "evt_1" && gone.contains(entry.apiVersion ?? "")
                        }
                        try requireEqual(count, gone.count, "let go of")
                        let left = try await store.renderings(of: "evt_1").filter { $0.payload != nil }
                        try requireEqual(
                            left.map(\.entry.apiVersion),
                            [older, newer].filter { !gone.contains($0) },
                            "left"
                        )
                    }
                    try await place.withStore { store in
                        try await requireBothRead(store)
                        for version in [older, newer] {
                            try requireEqual(
                                try await store.record(refunded(in: version)),
                                .duplicate,
                                "again"
                            )
                        }
                    }
                }
            }
        },
        StoreConformance("each version of an erased customer's event is erased, also one that arrives later")
        {
            kind in
            let key = CustomerKey("cus_1", account: nil)
            try await kind.withStore { store in
                try await store.record(intent())
                for version in [older, newer] { try await store.record(refunded(in: version)) }
                let bodies = try await store.aged().compactMap { $0.purged(at: now, archive: "x.jsonl") }
                let report = try requireSome(
                    try await CustomerEraser(store: store, archive: nil)
                        .erase(key, isDryRun: false, now: now),
                    "report"
                )
                try requireEqual(report.events, 3, "events")
                try requireEqual(
                    try await store.purge(bodies).erased,
                    [
                        EventKey("evt_0", apiVersion: newer), EventKey("evt_1", apiVersion: older),
                        EventKey("evt_1", apiVersion: newer),
                    ],
                    "not for the archive"
                )
                try requireEqual(try await store.record(refunded(in: nil)), .recorded, "told later")
                let told = try await store.renderings(of: "evt_1")
                try requireEqual(told.map(\.payload), [nil, nil, nil], "bodies")
                try requireEqual(
                    told.map(\.entry.removal?.cause),
                    [.erasure, .erasure, .erasure],
                    "causes"
                )
                try requireEqual(try await store.ids(), ["re_1", "pi_1"], "rows")
                try requireEqual(try await store.reprojectAll().changed, 0, "changed by a rebuild")
            }
        },
    ]

    /// Reads on from a query's cursor: forth, or back where it ends before one.
    private static func keysOfAllPages(_ first: EventQuery, in store: any Store) async throws -> [EventKey] {
        var query = first
        var keys: [EventKey] = []
        while true {
            let page = try requireSome(await store.entries(query), "page")
            let found = page.elements.map(\.key)
            if query.endingBefore == nil { keys += found } else { keys = found + keys }
            guard page.hasMore else { return keys }
            if query.endingBefore == nil {
                query.startingAfter = keys.last?.text
            } else {
                query.endingBefore = keys.first?.text
            }
        }
    }
}
