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
