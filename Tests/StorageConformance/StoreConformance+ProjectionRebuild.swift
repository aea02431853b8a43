import Billing
import Storage
import Scenarios
import TestSupport

extension StoreConformance {
    static let rebuilding = [
        StoreConformance("an event read again changes nothing") { kind in
            try await kind.withStore { store in
                let bodies = [
                    try MadeUp.event(
                        "evt_1",
                        "payment_intent.succeeded",
                        MadeUp.intent("pi_1", ["latest_charge": "ch_1"])
                    ),
                    try MadeUp.event("evt_2", "refund.created", MadeUp.refund("re_1", charge: "ch_1")),
                    try MadeUp.event("evt_3", "customer.created", MadeUp.customer("cus_1", user: "user_1")),
                    try MadeUp.event("evt_4", "some.thing", [:]),
                    try MadeUp.event("evt_5", "charge.failed", ["object": "charge"]),
                ]
                for body in bodies { try await store.record(body) }
                let rows = try await store.allRows()
                let entries = try await store.entries(EventQuery())?.elements
                for number in 1...5 {
                    let result = try await store.reproject(eventID: "evt_\(number)")
                    try requireEqual(
                        result,
                        Reprojection(events: 1, transactions: 2, changed: 0),
                        "evt_\(number)"
                    )
                }
                try requireEqual(try await store.allRows(), rows, "rows")
                try requireEqual(try await store.entries(EventQuery())?.elements, entries, "entries")
                try requireEqual(try await store.reproject(eventID: "evt_6"), nil, "no such event")
            }
        },
        StoreConformance("when an operator retries an event, items that were given up are added again") {
            kind in
            try await kind.withStore { store in
                try await store.record(
                    MadeUp.event(
                        "evt_1",
                        "payment_intent.succeeded",
                        MadeUp.intent("pi_1", ["latest_charge": "ch_1"])
                    )
                )
                let later = Instant(unixSeconds: MadeUp.start + 3600)
                let item = try requireSome(await store.leaseFetches(now: later).first, "work")
                try await store.giveUp(item)
                _ = try await store.reproject(eventID: "evt_1")
                let summary = try await store.fetches()
                try requireEqual([summary.pending, summary.gaveUp], [1, 0], "pending, given up")
            }
        },
        StoreConformance("the feed derived again from the log equals the one projected live") { kind in
            try await kind.withStore { store in
                for payload in TestSupport.Scenario.all.flatMap(\.payloads) {
                    try await store.record(payload)
                }
                let rows = try await store.allRows()
                let log = try await store.entries(EventQuery(limit: 10_000))?.elements.count
                let result = try await store.reprojectAll()
                try requireEqual(result.changed, 0, "changed")
                try requireEqual(result.transactions, rows.count, "transactions")
                try requireEqual(result.events, log, "events")
                try requireEqual(try await store.allRows(), rows, "rows")
                try requireEqual(try await store.reprojectAll(), result, "once more")
            }
        },
        StoreConformance("an empty log is derived again to an empty feed") { kind in
            try await kind.withStore { store in
                let nothing = Reprojection(events: 0, transactions: 0, changed: 0)
                try requireEqual(try await store.reprojectAll(), nothing, "result")
            }
        },
        StoreConformance("the feed is derived again while events keep arriving, and none is lost") { kind in
            let bodies = (0..<40).flatMap { RandomScenario.random(seed: $0).events.map(\.body) }
            let (before, during) = (bodies.prefix(bodies.count / 2), bodies.suffix(from: bodies.count / 2))
            try await kind.withStore { store in
                try await record(Array(before), in: store)
                async let arriving: Void = record(Array(during), in: store)
                var rebuilds = 0
                repeat {
                    _ = try await store.reprojectAll()
                    rebuilds += 1
                } while rebuilds < 3
                try await arriving
                let expected = NaiveFeed.rows(of: bodies)
                try requireEqual(try await store.allRows(), expected, "rows")
                try requireEqual(try await store.reprojectAll().changed, 0, "changed")
            }
        },
    ]

    private static func record(_ bodies: [[UInt8]], in store: any Store) async throws {
        for body in bodies { try await store.record(body) }
    }
}
