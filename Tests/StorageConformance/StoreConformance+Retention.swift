import Billing
import Storage
import Scenarios
import TestSupport

extension StoreConformance {
    private static let later = Instant(unixSeconds: MadeUp.start + 1_000_000)

    static let retention = [
        StoreConformance("the feed is the same whichever bodies are purged") { kind in
            let payloads = TestSupport.Scenario.all.flatMap(\.payloads)
            for seed in UInt64(0)..<3 {
                try await kind.withStore { store in
                    for payload in payloads { try await store.record(payload) }
                    let before = try await Standing(store)
                    // One store in three keeps no body at all.
                    var random = SeededRandom(seed: seed)
                    let removed = try await store.purge { _ in
                        seed == 0 || Bool.random(using: &random)
                    }
                    try require(removed > payloads.count / 3, "bodies were let go of")
                    try requireEqual(try await Standing(store), before, "standing")
                    let result = try await store.reprojectAll()
                    try requireEqual(result.changed, 0, "changed")
                    try requireEqual(result.transactions, before.rows.count, "transactions")
                    try requireEqual(try await Standing(store), before, "standing after a rebuild")
                    for entry in try await store.entries(EventQuery(limit: 10_000))?.elements ?? [] {
                        let again = try await store.reproject(eventID: entry.id)
                        try requireEqual(again?.changed, 0, "changed by \(entry.id)")
                    }
                    try requireEqual(try await Standing(store), before, "standing, each read again")
                }
            }
        },
        StoreConformance("later events join the retained fields of events whose bodies are purged") {
            kind in
            let bodies = (0..<12).flatMap { RandomScenario.random(seed: $0).events.map(\.body) }
            var random = SeededRandom(seed: 7)
            let shuffled = bodies.shuffled(using: &random)
            try await kind.withStore { store in
                for (index, body) in shuffled.enumerated() {
                    try await store.record(body)
                    if index % 9 == 8 { _ = try await store.purge { _ in true } }
                }
                let expected = NaiveFeed.rows(of: bodies)
                try requireEqual(try await store.allRows(), expected, "rows")
                try requireEqual(try await store.reprojectAll().changed, 0, "changed")
                try requireEqual(try await store.allRows(), expected, "rows after a rebuild")
            }
        },
        StoreConformance("an event without its body is still recorded, and a repeat is a duplicate") { kind in
            try await kind.withPlace { place in
                let body = try MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1"))
                try await place.withStore { store in
                    try await store.record(body)
                    let entry = try requireSome(await store.entry(id: "evt_1"), "entry").entry
                    let aged = try await store.aged()
                    try requireEqual(aged.map(\.payload), [body], "payloads")
                    try requireEqual(try await store.purge(aged), RemovedBodies(), "without an extract")
                    let purged = try requireSome(
                        aged.first?.purged(at: later, archive: "x.jsonl"),
                        "purged"
                    )
                    try requireEqual(try await store.purge([purged]).bytes, body.count, "bytes")
                    try requireEqual(try await store.purge([purged]), RemovedBodies(), "once more")

                    let removal = BodyRemoval(at: later, cause: .age, archive: "x.jsonl")
                    let kept = try requireSome(await store.entry(id: "evt_1"), "entry")
                    var expected = entry
                    expected.removal = removal
                    try requireEqual(kept.entry, expected, "entry")
                    try requireEqual(kept.payload, nil, "payload")
                    try requireEqual(try await store.record(body), .duplicate, "outcome")
                    try requireEqual(try await store.entry(id: "evt_1")?.entry, kept.entry, "entry as before")
                }
                try await place.withStore { store in
                    let kept = try requireSome(await store.entry(id: "evt_1"), "entry")
                    try requireEqual(kept.entry.removal?.archive, "x.jsonl", "archive after a restart")
                    try requireEqual(try await store.entries(EventQuery())?.elements, [kept.entry], "listed")
                    try requireEqual(try await store.ids(), ["ch_1"], "rows")
                }
            }
        },
        StoreConformance("the body of a quarantined event is not purged because of its age") { kind in
            try await kind.withStore { store in
                let body = try MadeUp.event("evt_1", "charge.failed", ["object": "charge"])
                try requireEqual(try await store.record(body), .quarantined, "outcome")
                try requireEqual(try await store.aged().count, 0, "aged")
                try requireEqual(try await store.oldestBody(), nil, "oldest")
                try requireEqual(try await store.entry(id: "evt_1")?.payload, body, "payload")
            }
        },
        StoreConformance("old bodies are listed oldest first, up to the limit") {
            kind in
            try await kind.withStore { store in
                var size = 0
                for (number, age) in [30, 10, 20, 20, 40].enumerated() {
                    let body = try MadeUp.event("evt_\(number)", "some.thing", [:])
                    size = body.count
                    try await store.record(body, receivedAt: MadeUp.start + Int64(age))
                }
                try requireEqual(
                    try await store.oldestBody(),
                    Instant(unixSeconds: MadeUp.start + 10),
                    "oldest"
                )
                let cutoff = Instant(unixSeconds: MadeUp.start + 40)
                func told(
                    after last: StoredEvent? = nil,
                    limit: Int = 100,
                    maxBytes: Int = .max
                ) async throws -> [StoredEvent] {
                    try await store.agedBodies(
                        receivedBefore: cutoff,
                        after: last,
                        limit: limit,
                        maxBytes: maxBytes
                    )
                }
                let all = try await told()
                try requireEqual(all.map(\.entry.id), ["evt_1", "evt_2", "evt_3", "evt_0"], "all")
                for (index, body) in all.enumerated() {
                    let rest = try await told(after: body)
                    try requireEqual(
                        rest.map(\.sequence),
                        all.dropFirst(index + 1).map(\.sequence),
                        "behind \(index)"
                    )
                }
                try requireEqual(try await told(limit: 3).count, 3, "limit")
                try requireEqual(try await told(maxBytes: 1).count, 1, "the first, however large")
                try requireEqual(try await told(maxBytes: 2 * size).count, 2, "bytes")
                try requireEqual(try await told(maxBytes: 2 * size + 1).count, 3, "a byte more")
            }
        },
        StoreConformance("a thin event keeps its object when its body is purged") { kind in
            try await kind.withStore { store in
                let thin = try MadeUp.thinEvent("evt_thin", "v1.charge.refunded", about: "ch_1")
                try await store.record(thin)
                let work = try await store.fetches()
                try requireEqual(try await store.purge { _ in true }, 1, "let go of")
                let kept = try requireSome(await store.entry(id: "evt_thin")?.event, "event")
                guard case .thin(let about) = kept.content else {
                    throw Violation(description: "it is thin no more")
                }
                try requireEqual(about.object, ObjectReference(.charge, "ch_1"), "object")
                _ = try await store.reprojectAll()
                try requireEqual(try await store.fetches(), work, "work")
            }
        },
        StoreConformance(
            "an event of the other mode is shown once its mode is, although its body is purged"
        ) {
            kind in
            try await kind.withPlace { place in
                try await place.withStore(livemode: true) { store in
                    try await store.record(
                        MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1"), livemode: false)
                    )
                    try requireEqual(try await store.purge { _ in true }, 1, "let go of")
                    try requireEqual(try await store.reprojectAll().transactions, 0, "rows of live mode")
                }
                try await place.withStore(livemode: false) { store in
                    // The one in memory has no need of a rebuild to know better.
                    _ = try await store.reprojectAll()
                    let entry = try requireSome(await store.entry(id: "evt_1"), "entry").entry
                    try requireEqual(entry.size > 0, true, "size")
                    if kind.name != "in memory" {
                        try requireEqual(entry.disposition, .projected, "outcome")
                        try requireEqual(try await store.ids(), ["ch_1"], "rows")
                    }
                }
            }
        },
    ]
}

/// The answers of a store about its payments.
private struct Standing: Equatable {
    let rows: [Transaction]
    let records: [[ObjectRecord]]
    let work: FetchSummary

    init(_ store: any Store) async throws {
        rows = try await store.allRows()
        var records: [[ObjectRecord]] = []
        for row in rows {
            let named = [
                row.charge.map { ObjectReference(.charge, $0) },
                row.paymentIntent.map { ObjectReference(.paymentIntent, $0) },
                row.invoice.map { ObjectReference(.invoice, $0) },
            ].compactMap(\.self)
            let payments = try await store.payments(of: named, account: row.account)
            records += payments.map { $0.sorted { $0.reference < $1.reference } }
        }
        self.records = records
        work = try await store.fetches()
    }
}

extension Store {
    /// All bodies that may go.
    func aged() async throws -> [StoredEvent] {
        try await agedBodies(
            receivedBefore: Instant(unixSeconds: .max),
            after: nil,
            limit: 10_000,
            maxBytes: .max
        )
    }

    /// Purges the bodies of the chosen events.
    ///
    /// - Returns: The number of purged bodies.
    func purge(_ isChosen: (EventEntry) -> Bool) async throws -> Int {
        let now = Instant(unixSeconds: MadeUp.start + 1_000_000)
        let purged = try await aged().filter { isChosen($0.entry) }
            .compactMap { $0.purged(at: now, archive: nil) }
        _ = try await purge(purged)
        return purged.count
    }
}
