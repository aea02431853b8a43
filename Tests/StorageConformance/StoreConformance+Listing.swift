import Billing
import Storage

extension StoreConformance {
    static let listing = [
        StoreConformance("entries are listed newest recorded first, whatever their dates") { kind in
            try await kind.withStore { store in
                for (number, created) in [30, 10, 20].enumerated() {
                    let body = try MadeUp.event("evt_\(number)", "a.b", [:], created: Int64(created))
                    try await store.record(body, receivedAt: Int64(100 - created))
                }
                let page = try requireSome(await store.entries(EventQuery()), "page")
                try requireEqual(page.elements.map(\.id), ["evt_2", "evt_1", "evt_0"], "order")
            }
        },
        StoreConformance("entries are paged both ways without gap or repeat") { kind in
            try await kind.withStore { store in
                let ids = (0..<7).map { "evt_\($0)" }
                for id in ids { try await store.record(MadeUp.event(id, "a.b", [:])) }
                for limit in 1...8 {
                    var forth: [String] = []
                    var query = EventQuery(limit: limit)
                    while true {
                        let page = try requireSome(await store.entries(query), "page")
                        forth += page.elements.map(\.id)
                        try requireEqual(page.hasMore, forth.count < 7, "more follows, \(limit) a page")
                        guard page.hasMore else { break }
                        query.startingAfter = forth.last
                    }
                    try requireEqual(forth, ids.reversed(), "forth, \(limit) a page")

                    var back: [String] = []
                    query = EventQuery(limit: limit, endingBefore: "evt_0")
                    while true {
                        let page = try requireSome(await store.entries(query), "page")
                        back = page.elements.map(\.id) + back
                        try requireEqual(page.hasMore, back.count < 6, "more came before, \(limit) a page")
                        guard page.hasMore else { break }
                        query.endingBefore = back.first
                    }
                    try requireEqual(back, ids.dropFirst().reversed(), "back, \(limit) a page")
                }
            }
        },
        StoreConformance("entries are filtered by type, family and disposition") { kind in
            try await kind.withStore { store in
                let charge = MadeUp.charge("ch_1")
                try await store.record(MadeUp.event("evt_1", "charge.succeeded", charge))
                try await store.record(MadeUp.event("evt_2", "charge.updated", charge))
                try await store.record(MadeUp.event("evt_3", "chargeX.succeeded", charge))
                try await store.record(MadeUp.event("evt_4", "charge.failed", ["object": "refund"]))
                try await store.record(MadeUp.event("evt_5", "charge_.y", charge))
                let expected: [(EventQuery, [String])] = [
                    (EventQuery(type: "charge.succeeded"), ["evt_1"]),
                    (EventQuery(type: "charge.*"), ["evt_4", "evt_2", "evt_1"]),
                    (EventQuery(type: "*"), ["evt_5", "evt_4", "evt_3", "evt_2", "evt_1"]),
                    (EventQuery(type: "charge_*"), ["evt_5"]),
                    (EventQuery(type: "charge"), []),
                    (EventQuery(type: "charge%"), []),
                    (EventQuery(disposition: .projected), ["evt_2", "evt_1"]),
                    (EventQuery(disposition: .quarantined), ["evt_4"]),
                    (EventQuery(disposition: .ignored), ["evt_5", "evt_3"]),
                    (EventQuery(disposition: .otherMode), []),
                    (EventQuery(type: "charge.*", disposition: .projected, limit: 1), ["evt_2"]),
                    (EventQuery(type: "charge.*", startingAfter: "evt_3"), ["evt_2", "evt_1"]),
                    (EventQuery(disposition: .projected, endingBefore: "evt_1"), ["evt_2"]),
                ]
                for (query, ids) in expected {
                    let page = try requireSome(await store.entries(query), "page of \(query)")
                    try requireEqual(page.elements.map(\.id), ids, "\(query)")
                }
            }
        },
        StoreConformance("entries of a period are listed newest received first, and paged both ways") {
            kind in
            try await kind.withStore { store in
                // A clock that was set back, and two of one second.
                let times: [Int64] = [50, 10, 40, 20, 30, 30]
                for (number, time) in times.enumerated() {
                    try await store.record(MadeUp.event("evt_\(number)", "a.b", [:]), receivedAt: time)
                }
                func query(_ from: Int64?, _ through: Int64?, limit: Int = 9) -> EventQuery {
                    EventQuery(
                        receivedFrom: from.map(Instant.init(unixSeconds:)),
                        receivedThrough: through.map(Instant.init(unixSeconds:)),
                        limit: limit
                    )
                }
                let expected: [(Int64?, Int64?, [Int])] = [
                    (10, nil, [0, 2, 5, 4, 3, 1]), (nil, 50, [0, 2, 5, 4, 3, 1]), (20, 40, [2, 5, 4, 3]),
                    (21, 39, [5, 4]), (51, nil, []), (nil, 9, []), (30, 30, [5, 4]),
                ]
                for (from, through, numbers) in expected {
                    let ids = numbers.map { "evt_\($0)" }
                    for limit in 1...ids.count + 1 {
                        var forth: [String] = []
                        var next = query(from, through, limit: limit)
                        while true {
                            let page = try requireSome(await store.entries(next), "page")
                            forth += page.elements.map(\.id)
                            try requireEqual(page.hasMore, forth.count < ids.count, "more, \(limit) a page")
                            guard page.hasMore else { break }
                            next.startingAfter = forth.last
                        }
                        try requireEqual(forth, ids, "from \(from ?? -1) through \(through ?? -1)")
                    }
                    guard let last = ids.last else { continue }
                    var back = query(from, through, limit: 2)
                    back.endingBefore = last
                    try requireEqual(
                        try await store.entries(back)?.elements.map(\.id),
                        Array(ids.dropLast().suffix(2)),
                        "before the last"
                    )
                }
            }
        },
        StoreConformance("entries are filtered by account and mode, and counted by source and disposition") {
            kind in
            try await kind.withStore(livemode: false) { store in
                let charge = MadeUp.charge("ch_1")
                let bodies: [(body: [UInt8], source: EventSource)] = [
                    (try MadeUp.event("evt_1", "charge.succeeded", charge), .webhook),
                    (try MadeUp.event("evt_2", "charge.updated", charge, account: "acct_1"), .api),
                    (try MadeUp.event("evt_3", "charge.updated", charge, livemode: true), .webhook),
                    (try MadeUp.event("evt_4", "charge.failed", ["object": "refund"]), .webhook),
                    (try MadeUp.event("evt_5", "a.b", [:], account: "acct_1"), .webhook),
                ]
                for (number, event) in bodies.enumerated() {
                    try await store.record(event.body, receivedAt: Int64(number), source: event.source)
                }
                let listed: [(EventQuery, [String])] = [
                    (EventQuery(account: "acct_1"), ["evt_5", "evt_2"]), (EventQuery(account: "acct_2"), []),
                    (EventQuery(livemode: true), ["evt_3"]),
                    (EventQuery(livemode: false), ["evt_5", "evt_4", "evt_2", "evt_1"]),
                    (EventQuery(account: "acct_1", receivedThrough: Instant(unixSeconds: 3)), ["evt_2"]),
                ]
                for (query, ids) in listed {
                    try requireEqual(try await store.entries(query)?.elements.map(\.id), ids, "\(query)")
                }
                func tallies(from: Int64?) async throws -> Set<String> {
                    let tallies = try await store.tallies(
                        receivedFrom: from.map(Instant.init(unixSeconds:))
                    )
                    return Set(tallies.map { "\($0.source) \($0.disposition) \($0.events)" })
                }
                try requireEqual(
                    try await tallies(from: nil),
                    [
                        "webhook projected 1", "api projected 1", "webhook otherMode 1",
                        "webhook quarantined 1", "webhook ignored 1",
                    ],
                    "all"
                )
                try requireEqual(
                    try await tallies(from: 3),
                    ["webhook quarantined 1", "webhook ignored 1"],
                    "of the end"
                )
                try requireEqual(try await tallies(from: 5), [], "of nothing")
            }
        },
        StoreConformance("a quarantined event has its object, and is behind no row") { kind in
            try await kind.withStore { store in
                try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
                let wrong = MadeUp.charge("ch_1", ["amount": "many"])
                try requireEqual(
                    try await store.record(MadeUp.event("evt_2", "charge.updated", wrong)),
                    .quarantined,
                    "outcome"
                )
                try await store.record(MadeUp.event("evt_3", "charge.updated", ["id": "not an id"]))
                let about = try requireSome(await store.entries(EventQuery(objectID: "ch_1")), "about it")
                try requireEqual(about.elements.map(\.id), ["evt_2", "evt_1"], "about it")
                try requireEqual(try await store.entry(id: "evt_3")?.entry.objectID, nil, "of no id")
                let events = try await store.payment(ofTransaction: "ch_1")?.events
                try requireEqual(events, ["evt_1"], "behind the row")
            }
        },
        StoreConformance("a cursor that names no event finds no page, and no id no entry") { kind in
            try await kind.withStore { store in
                try await store.record(MadeUp.event("evt_1", "a.b", [:]))
                try require(try await store.entries(EventQuery(startingAfter: "evt_2")) == nil, "after")
                try require(try await store.entries(EventQuery(endingBefore: "evt_2")) == nil, "before")
                try require(try await store.entries(EventQuery(startingAfter: "")) == nil, "empty")
                try require(try await store.entry(id: "evt_2") == nil, "entry")
                let end = try requireSome(await store.entries(EventQuery(startingAfter: "evt_1")), "end")
                try require(end.elements.isEmpty && !end.hasMore, "nothing is older than the oldest")
            }
        },
    ]
}
