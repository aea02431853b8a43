import Billing
import Storage

extension StoreConformance {
    /// Long after anything that was recorded at ``MadeUp/start`` is due.
    private static let later = Instant(unixSeconds: MadeUp.start + 3600)

    private static let wanted = ObjectReference(.charge, "ch_1")

    private static func intentEvent(_ id: String = "evt_1", account: String? = nil) throws -> [UInt8] {
        try MadeUp.event(
            id,
            "payment_intent.succeeded",
            MadeUp.intent("pi_1", ["latest_charge": "ch_1"]),
            account: account
        )
    }

    private static func chargeEvent(_ id: String = "evt_2", account: String? = nil) throws -> [UInt8] {
        try MadeUp.event(id, "charge.succeeded", MadeUp.charge("ch_1", intent: "pi_1"), account: account)
    }

    /// Leases due work, in any order.
    private static func lease(
        _ store: any Store,
        limit: Int = 100,
        now: Instant = later,
        seconds: Int64 = 60
    ) async throws -> [FetchJob] {
        try await store.lease(limit: limit, now: now, seconds: seconds)
            .sorted { $0.question < $1.question }
    }

    static let work = [
        StoreConformance("when only a PaymentIntent arrived, its charge is fetched after a delay") {
            kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let summary = try await store.summary()
                try requireEqual([summary.pending, summary.gaveUp], [1, 0], "pending, given up")
                let due = try requireSome(summary.oldestDueAt, "time")
                try require(due.unixSeconds > MadeUp.start, "Stripe is given time to send it")
                let early = Instant(unixSeconds: due.unixSeconds - 1)
                try requireEqual(try await lease(store, now: early), [], "before it is due")
                let expected = [FetchJob(.object(wanted), account: nil, attempts: 0)]
                try requireEqual(try await lease(store, now: due), expected, "when it is due")
            }
        },
        StoreConformance("work has the account on whose behalf it is fetched") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent("evt_1", account: "acct_1"))
                try await store.record(intentEvent("evt_2"))
                let items = try await lease(store)
                try requireEqual(Set(items.map(\.account)), ["acct_1", nil], "accounts")
                // The charge of one account is not that of the other.
                try await store.record(chargeEvent("evt_3", account: "acct_1"))
                try requireEqual(try await store.summary().pending, 1, "pending")
            }
        },
        StoreConformance("when the charge arrived, before or after, nothing is fetched") { kind in
            for bodies in [[try chargeEvent(), try intentEvent()], [try intentEvent(), try chargeEvent()]] {
                try await kind.withStore { store in
                    for body in bodies { try await store.record(body) }
                    try requireEqual(
                        try await store.summary(),
                        WorkSummary(pending: 0, gaveUp: 0, oldestDueAt: nil),
                        "work"
                    )
                }
            }
        },
        StoreConformance("a payment known by its checkout is not fetched once its charge arrived") { kind in
            try await kind.withStore { store in
                let session: [String: Any] = [
                    "id": "cs_1", "object": "checkout.session", "mode": "payment", "status": "complete",
                    "payment_status": "paid", "payment_intent": "pi_1", "amount_total": 2500,
                    "currency": "usd", "created": MadeUp.start,
                ]
                try await store.record(MadeUp.event("evt_1", "checkout.session.completed", session))
                try requireEqual(
                    try await lease(store).map(\.question),
                    [.object(ObjectReference(.paymentIntent, "pi_1"))],
                    "work"
                )
                try await store.record(chargeEvent())
                try requireEqual(try await store.summary().pending, 0, "pending")
            }
        },
        StoreConformance("nothing is fetched for an unpaid payment") { kind in
            try await kind.withStore { store in
                let states = ["requires_payment_method", "processing", "requires_action", "canceled"]
                for status in states {
                    let intent = MadeUp.intent(
                        "pi_\(status)",
                        status: status,
                        ["latest_charge": "ch_\(status)"]
                    )
                    try await store.record(MadeUp.event("evt_\(status)", "payment_intent.created", intent))
                }
                try requireEqual(try await store.summary().pending, 0, "pending")
            }
        },
        StoreConformance("a leased item goes to no other worker until the lease expires") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                try requireEqual(try await lease(store, seconds: 60).count, 1, "first")
                try requireEqual(try await lease(store), [], "held")
                try requireEqual(try await lease(store, now: later.adding(seconds: 59)), [], "still held")
                let again = try await lease(store, now: later.adding(seconds: 60))
                try requireEqual(again.map(\.question), [.object(wanted)], "run out")
                try requireEqual(again.map(\.attempts), [0], "a lease is no attempt")
            }
        },
        StoreConformance("when many workers lease at once, each item goes to one") { kind in
            try await kind.withStore { store in
                for number in 0..<20 {
                    let intent = MadeUp.intent("pi_\(number)", ["latest_charge": "ch_\(number)"])
                    try await store.record(MadeUp.event("evt_\(number)", "payment_intent.succeeded", intent))
                }
                let taken = try await withThrowingTaskGroup(of: [FetchJob].self) { group in
                    for _ in 0..<16 {
                        group.addTask { try await store.lease(limit: 3, now: later, seconds: 60) }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                try requireEqual(Set(taken.map(\.question)).count, taken.count, "no item twice")
                try requireEqual(taken.count, 20, "every item")
            }
        },
        StoreConformance("no more items are leased than requested, and the earliest due goes first") { kind in
            try await kind.withStore { store in
                for number in 0..<5 {
                    let intent = MadeUp.intent("pi_\(number)", ["latest_charge": "ch_\(number)"])
                    try await store.record(
                        MadeUp.event("evt_\(number)", "payment_intent.succeeded", intent),
                        receivedAt: MadeUp.start - Int64(number)
                    )
                }
                try requireEqual(
                    try await lease(store, limit: 2).map(\.question.subject),
                    ["ch_3", "ch_4"],
                    "first"
                )
                try requireEqual(
                    try await lease(store, limit: 2).map(\.question.subject),
                    ["ch_1", "ch_2"],
                    "next"
                )
                try requireEqual(try await lease(store, limit: 2).map(\.question.subject), ["ch_0"], "last")
            }
        },
        StoreConformance("a completed item is deleted, and a later event may add it again") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                try await store.complete(item)
                try requireEqual(try await store.summary().pending, 0, "pending")
                try await store.complete(item)
                try await store.record(intentEvent("evt_3"))
                try requireEqual(try await lease(store).map(\.attempts), [0], "anew")
            }
        },
        StoreConformance("a postponed item is due again at its time, with one attempt more") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                let due = later.adding(seconds: 10)
                try await store.postpone(item, until: due, reason: "busy")
                let summary = try await store.summary()
                try requireEqual([summary.pending, summary.gaveUp], [1, 0], "pending, given up")
                try requireEqual(summary.oldestDueAt, due, "due")
                try requireEqual(try await lease(store, now: later.adding(seconds: 9)), [], "before")
                let again = try await lease(store, now: due)
                try requireEqual(
                    again,
                    [FetchJob(.object(wanted), account: nil, attempts: 1)],
                    "at its time"
                )
            }
        },
        StoreConformance(
            "a rescheduled item is due at the new time, and one that is due sooner does not change"
        ) { kind in
            try await kind.withStore { store in
                for number in 1...4 {
                    let intent = MadeUp.intent("pi_\(number)", ["latest_charge": "ch_\(number)"])
                    try await store.record(MadeUp.event("evt_\(number)", "payment_intent.succeeded", intent))
                }
                let items = try await lease(store, seconds: 5000)
                try requireEqual(items.map(\.question.subject), ["ch_1", "ch_2", "ch_3", "ch_4"], "leased")
                try await store.postpone(items[0], until: later.adding(seconds: 5000), reason: "busy")
                try await store.postpone(items[1], until: later.adding(seconds: 5), reason: "busy")
                try await store.giveUp(items[2], reason: "gone")
                let latest = later.adding(seconds: 10)
                try await store.reschedule(until: latest)
                let soon = try await lease(store, now: later.adding(seconds: 5))
                try requireEqual(soon.map(\.question.subject), ["ch_2"], "due before")
                try requireEqual(try await lease(store, now: later.adding(seconds: 9)), [], "not sooner")
                let hastened = try await lease(store, now: latest)
                try requireEqual(hastened.map(\.question.subject), ["ch_1", "ch_4"], "put off, and held")
                try requireEqual(hastened.map(\.attempts), [1, 0], "attempts")
                try requireEqual(try await store.summary().gaveUp, 1, "given up")
            }
        },
        StoreConformance("an event that needs a postponed item does not make it due sooner") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                let due = later.adding(seconds: 1000)
                try await store.postpone(item, until: due, reason: "busy")
                try await store.record(intentEvent("evt_3"))
                try requireEqual(try await store.summary().oldestDueAt, due, "due")
            }
        },
        StoreConformance("an item that was given up stays visible until an event needs it again") {
            kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                try await store.giveUp(item, reason: "gone")
                let given = WorkSummary(pending: 0, gaveUp: 1, oldestDueAt: nil)
                try requireEqual(try await store.summary(), given, "summary")
                try requireEqual(try await lease(store, now: Instant(unixSeconds: .max)), [], "leased")
                try requireEqual(try await store.record(intentEvent()), .duplicate, "duplicate")
                try requireEqual(try await store.summary(), given, "a duplicate asks for nothing")

                try await store.record(intentEvent("evt_3"), receivedAt: MadeUp.start + 60)
                let summary = try await store.summary()
                try requireEqual([summary.pending, summary.gaveUp], [1, 0], "asked for again")
                try requireEqual(try await lease(store).map(\.attempts), [0], "from the beginning")
            }
        },
        StoreConformance("an item that was given up is deleted once its object arrived") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                try await store.giveUp(item, reason: "gone")
                try await store.record(chargeEvent())
                let nothing = WorkSummary(pending: 0, gaveUp: 0, oldestDueAt: nil)
                try requireEqual(try await store.summary(), nothing, "summary")
            }
        },
        StoreConformance("a deleted item cannot be postponed or given up") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                try await store.record(chargeEvent())
                try await store.postpone(item, until: later, reason: "late")
                try await store.giveUp(item, reason: "late")
                let nothing = WorkSummary(pending: 0, gaveUp: 0, oldestDueAt: nil)
                try requireEqual(try await store.summary(), nothing, "summary")
            }
        },
    ]
}
