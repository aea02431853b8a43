import Billing
import Foundation
import Storage

extension StoreConformance {
    static let recording = [
        StoreConformance("an event is recorded once; again it is a duplicate that changes nothing") { kind in
            try await kind.withStore { store in
                let body = try MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1"))
                try requireEqual(try await store.record(body), .recorded, "first time")
                let rows = try await store.allRows()
                try requireEqual(
                    try await store.record(body, receivedAt: MadeUp.start + 9),
                    .duplicate,
                    "again"
                )
                try requireEqual(try await store.allRows(), rows, "rows")
                let kept = try requireSome(await store.entry(id: "evt_1"), "entry")
                try requireEqual(kept.entry.receivedAt.unixSeconds, MadeUp.start, "received at")
                try requireEqual(try await store.entries(EventQuery())?.elements.count, 1, "entries")
            }
        },
        StoreConformance("the first body of an event in a version is kept, whatever a second contains") {
            kind in
            try await kind.withStore { store in
                let first = try MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1"))
                try await store.record(first)
                let other = try MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_2", amount: 1))
                try requireEqual(try await store.record(other), .duplicate, "other body")
                try requireEqual(try await store.ids(), ["ch_1"], "rows")
                try requireEqual(try await store.entry(id: "evt_1")?.payload, first, "payload")
            }
        },
        StoreConformance("an event without a payment is recorded and ignored") { kind in
            let bodies = [
                #"{"id":"evt_unknown","type":"issuing_dispute.created","data":{"object":{"id":"x"}}}"#,
                #"{"id":"evt_thin","object":"v2.core.event","type":"charge.succeeded"}"#,
                #"{"id":"evt_ping","type":"ping","data":{"object":null}}"#,
                #"{"id":"evt_upcoming","type":"invoice.upcoming","data":{"object":{"object":"invoice"}}}"#,
                #"{"id":"evt_bare","type":"some.thing"}"#,
            ]
            try await kind.withStore { store in
                for body in bodies {
                    try requireEqual(try await store.record(Array(body.utf8)), .recorded, body)
                }
                try requireEqual(try await store.count(TransactionFilter()), 0, "rows")
                let page = try requireSome(await store.entries(EventQuery(disposition: .ignored)), "entries")
                try requireEqual(page.elements.count, bodies.count, "ignored")
                try require(
                    page.elements.allSatisfy { $0.reason == nil && $0.objectID == nil },
                    "no reason, no object"
                )
            }
        },
        StoreConformance("an unreadable event of a known type is quarantined with the reason") {
            kind in
            try await kind.withStore { store in
                let body = try MadeUp.event(
                    "evt_1",
                    "charge.succeeded",
                    MadeUp.charge("ch_1", ["amount": -123_456])
                )
                try requireEqual(try await store.record(body), .quarantined, "outcome")
                try requireEqual(try await store.record(body), .duplicate, "again")
                let page = try requireSome(
                    await store.entries(EventQuery(disposition: .quarantined)),
                    "entries"
                )
                let entry = try requireSome(page.elements.first, "entry")
                let reason = try requireSome(entry.reason, "reason")
                try require(reason.contains("amount"), "the reason names the field: \(reason)")
                try require(!reason.contains("123456"), "the reason holds no value: \(reason)")
                try requireEqual(try await store.count(TransactionFilter()), 0, "rows")
                try requireEqual(try await store.entry(id: "evt_1")?.payload, body, "payload")
            }
        },
        StoreConformance("an entry has all fields of the envelope") { kind in
            try await kind.withStore { store in
                let body = try MadeUp.event(
                    "evt_1",
                    "charge.succeeded",
                    MadeUp.charge("ch_1"),
                    created: 1_700_000_001,
                    livemode: true,
                    account: "acct_1",
                    apiVersion: "2020-08-27"
                )
                try await store.record(body, receivedAt: 1_700_000_002, source: .api)
                let expected = EventEntry(
                    id: "evt_1",
                    type: "charge.succeeded",
                    created: Instant(unixSeconds: 1_700_000_001),
                    receivedAt: Instant(unixSeconds: 1_700_000_002),
                    livemode: true,
                    account: "acct_1",
                    apiVersion: "2020-08-27",
                    source: .api,
                    disposition: .projected,
                    reason: nil,
                    objectID: "ch_1",
                    size: body.count
                )
                try requireEqual(try await store.entry(id: "evt_1")?.entry, expected, "entry")
                try requireEqual(
                    try await store.entries(EventQuery())?.elements,
                    [expected],
                    "entries"
                )
            }
        },
        StoreConformance("bytes are kept exactly") { kind in
            let bodies: [[UInt8]] = [
                Array(#"{"id":"evt_0","type":"a.b","x":"\u0000\ud800 \/ é","y":1.50e+00 }"#.utf8) + [
                    10, 13, 0,
                ],
                // No event can be read out of these; the log does not mind.
                Array(0...255) + [0, 0xFF, 0xC0, 0x80],
                [],
                [UInt8](repeating: 0, count: 3),
                Array(#"{"id":"evt_4","type":"a.b","x":""#.utf8)
                    + [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20) + Array("\"}".utf8),
            ]
            try await kind.withPlace { place in
                let store = try await place.open(livemode: nil)
                for (index, body) in bodies.enumerated() {
                    let event = Event(
                        id: "evt_\(index)",
                        type: "a.b",
                        created: nil,
                        livemode: false,
                        account: nil,
                        apiVersion: nil,
                        content: .other
                    )
                    let delivered = IncomingEvent(
                        event,
                        payload: body,
                        receivedAt: Instant(unixSeconds: 0),
                        source: .webhook
                    )
                    try requireEqual(try await store.record(delivered), .recorded, "outcome \(index)")
                }
                await store.close()
                let reopened = try await place.open(livemode: nil)
                for (index, body) in bodies.enumerated() {
                    let kept = try requireSome(await reopened.entry(id: "evt_\(index)"), "entry \(index)")
                    try require(kept.payload == body, "the bytes of \(index) are as they came")
                    try requireEqual(kept.entry.size, body.count, "size of \(index)")
                }
                await reopened.close()
            }
        },
        StoreConformance("values may have any size, and be empty") { kind in
            try await kind.withStore { store in
                let id = "ch_" + String(repeating: "x", count: 252)
                let text = String(repeating: "Überlänge ", count: 20_000)
                let bodies = [
                    try MadeUp.event(
                        "evt_" + String(repeating: "y", count: 251),
                        "charge.succeeded",
                        MadeUp.charge(id, amount: Money.largestTold, ["description": text])
                    ),
                    try MadeUp.event(
                        "evt_2",
                        "charge.succeeded",
                        MadeUp.charge("c", amount: 0, ["description": "", "receipt_url": ""])
                    ),
                    try MadeUp.event(
                        "evt_3",
                        "charge.succeeded",
                        MadeUp.charge("n", ["description": "a\0b", "created": -1])
                    ),
                ]
                for body in bodies { try requireEqual(try await store.record(body), .recorded, "outcome") }
                let large = try requireSome(await store.transaction(id: id), "large row")
                try requireEqual(large.description, text, "description")
                try requireEqual(large.amount, Money.largestTold, "amount")
                let small = try requireSome(await store.transaction(id: "c"), "small row")
                try requireEqual(small.description, "", "empty description")
                try requireEqual(small.amount, 0, "no amount")
                let withNUL = try requireSome(await store.transaction(id: "n"), "row with a NUL")
                try requireEqual(withNUL.description, "a\u{FFFD}b", "NUL")
                try requireEqual(withNUL.created.unixSeconds, -1, "before 1970")
                try requireEqual(
                    try await store.ids(),
                    [id, "c", "n"].sorted(by: >).filter { $0 != "n" } + ["n"],
                    "ids"
                )
            }
        },
        StoreConformance("different events recorded at once are all recorded") { kind in
            try await kind.withStore { store in
                let outcomes = try await outcomes(of: 64, in: store) { number in
                    try MadeUp.event("evt_\(number)", "charge.succeeded", MadeUp.charge("ch_\(number)"))
                }
                try requireEqual(outcomes, [.recorded: 64], "outcomes")
                try requireEqual(try await store.count(TransactionFilter()), 64, "rows")
                let entries = try requireSome(await store.entries(EventQuery(limit: 100)), "entries")
                try requireEqual(Set(entries.elements.map(\.id)).count, 64, "entries")
            }
        },
        StoreConformance("one event recorded by many at once is recorded once") { kind in
            try await kind.withStore { store in
                let body = try MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1"))
                let outcomes = try await outcomes(of: 64, in: store) { _ in body }
                try requireEqual(outcomes, [.recorded: 1, .duplicate: 63], "outcomes")
                try requireEqual(try await store.ids(), ["ch_1"], "rows")
            }
        },
        StoreConformance("events of one payment recorded at once make one row") { kind in
            try await kind.withStore { store in
                let outcomes = try await outcomes(of: 32, in: store) { number in
                    number.isMultiple(of: 2)
                        ? try MadeUp.event(
                            "evt_\(number)",
                            "payment_intent.succeeded",
                            MadeUp.intent("pi_1", ["latest_charge": "ch_1"])
                        )
                        : try MadeUp.event(
                            "evt_\(number)",
                            "refund.created",
                            MadeUp.refund("re_\(number)", charge: "ch_1", amount: 10)
                        )
                }
                try requireEqual(outcomes, [.recorded: 32], "outcomes")
                let purchases = try await store.allRows(TransactionFilter(type: .purchase))
                try requireEqual(purchases.map(\.id), ["pi_1"], "purchases")
                try requireEqual(purchases.first?.amountRefunded, 160, "refunded")
                try requireEqual(try await store.count(TransactionFilter(type: .refund)), 16, "refunds")
            }
        },
    ]

    private static func outcomes(
        of count: Int,
        in store: any Store,
        body: @escaping @Sendable (Int) throws -> [UInt8]
    ) async throws -> [RecordOutcome: Int] {
        try await withThrowingTaskGroup(of: RecordOutcome.self) { group in
            for number in 0..<count { group.addTask { try await store.record(try body(number)) } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }
}
