import Billing
import Storage
import TestSupport

extension Job {
    /// The id of the object that a fetch asks for.
    fileprivate var subject: String { fetchKey?.question.subject ?? "" }
}

extension Store {
    func leaseFetches(limit: Int = 100, now: Instant, seconds: Int64 = 1) async throws -> [Job] {
        try await take(.fetch, as: "runner", now: now, seconds: seconds, limit: limit)
    }

    func giveUp(_ job: Job, reason: String = "gone") async throws {
        _ = try await replace(job.left(.failed, reason: reason, now: job.updatedAt))
    }

    /// Deletes the fetch of a question, as if it had been made.
    func finish(_ question: StripeFetchRequest) async throws {
        let job = try await job(id: FetchKey(question, account: nil).jobID)
        _ = try await remove(try requireSome(job, "fetch"))
    }
}

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

    /// Takes due fetches, in the order of their ids.
    private static func lease(
        _ store: any Store,
        limit: Int = 100,
        now: Instant = later,
        seconds: Int64 = 60
    ) async throws -> [Job] {
        try await store.leaseFetches(limit: limit, now: now, seconds: seconds).sorted { $0.id < $1.id }
    }

    private static func postpone(_ job: Job, until due: Instant, in store: any Store) async throws {
        _ = try await store.replace(job.left(.waiting, reason: "busy", dueAt: due, now: later))
    }

    static let work = [
        StoreConformance("when only a PaymentIntent arrived, its charge is fetched after a delay") {
            kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let summary = try await store.fetches()
                try requireEqual([summary.pending, summary.gaveUp], [1, 0], "pending, given up")
                let due = try requireSome(summary.oldestDueAt, "time")
                try require(due.unixSeconds > MadeUp.start, "Stripe is given time to send it")
                let early = Instant(unixSeconds: due.unixSeconds - 1)
                try requireEqual(try await lease(store, now: early), [], "before it is due")
                let taken = try await lease(store, now: due)
                try requireEqual(
                    taken.map(\.fetchKey),
                    [FetchKey(.object(wanted), account: nil)],
                    "when it is due"
                )
                try requireEqual(taken.map(\.id), ["charge:ch_1"], "id")
            }
        },
        StoreConformance("work has the account on whose behalf it is fetched") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent("evt_1", account: "acct_1"))
                try await store.record(intentEvent("evt_2"))
                let items = try await lease(store)
                try requireEqual(Set(items.map(\.fetchKey?.account)), ["acct_1", ""], "accounts")
                // The charge of one account is not that of the other.
                try await store.record(chargeEvent("evt_3", account: "acct_1"))
                try requireEqual(try await store.fetches().pending, 1, "pending")
            }
        },
        StoreConformance("when the charge arrived, before or after, nothing is fetched") { kind in
            for bodies in [[try chargeEvent(), try intentEvent()], [try intentEvent(), try chargeEvent()]] {
                try await kind.withStore { store in
                    for body in bodies { try await store.record(body) }
                    try requireEqual(
                        try await store.fetches(),
                        FetchSummary(pending: 0, gaveUp: 0, oldestDueAt: nil),
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
                    try await lease(store).map(\.id),
                    ["payment_intent:pi_1"],
                    "work"
                )
                try await store.record(chargeEvent())
                try requireEqual(try await store.fetches().pending, 0, "pending")
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
                try requireEqual(try await store.fetches().pending, 0, "pending")
            }
        },
        StoreConformance("a leased item goes to no other worker until the lease expires") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                try requireEqual(try await lease(store, seconds: 60).count, 1, "first")
                try requireEqual(try await lease(store), [], "held")
                try requireEqual(try await lease(store, now: later.adding(seconds: 59)), [], "still held")
                let again = try await lease(store, now: later.adding(seconds: 60))
                try requireEqual(again.map(\.id), ["charge:ch_1"], "run out")
                try requireEqual(again.map(\.attempts), [2], "each lease is an attempt")
            }
        },
        StoreConformance("when many workers lease at once, each item goes to one") { kind in
            try await kind.withStore { store in
                for number in 0..<20 {
                    let intent = MadeUp.intent("pi_\(number)", ["latest_charge": "ch_\(number)"])
                    try await store.record(MadeUp.event("evt_\(number)", "payment_intent.succeeded", intent))
                }
                let taken = try await withThrowingTaskGroup(of: [Job].self) { group in
                    for _ in 0..<16 {
                        group.addTask { try await lease(store, limit: 3) }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                try requireEqual(Set(taken.map(\.id)).count, taken.count, "no item twice")
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
                    try await lease(store, limit: 2).map(\.subject),
                    ["ch_3", "ch_4"],
                    "first"
                )
                try requireEqual(
                    try await lease(store, limit: 2).map(\.subject),
                    ["ch_1", "ch_2"],
                    "next"
                )
                try requireEqual(try await lease(store, limit: 2).map(\.subject), ["ch_0"], "last")
            }
        },
        StoreConformance("a completed item is deleted, and a later event may add it again") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                try requireEqual(try await store.remove(item), true, "removed")
                try requireEqual(try await store.fetches().pending, 0, "pending")
                try requireEqual(try await store.remove(item), false, "removed again")
                try await store.record(intentEvent("evt_3"))
                try requireEqual(try await lease(store).map(\.attempts), [1], "anew")
            }
        },
        StoreConformance("a postponed item is due again at its time, with one attempt more") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                let due = later.adding(seconds: 10)
                try await postpone(item, until: due, in: store)
                let summary = try await store.fetches()
                try requireEqual([summary.pending, summary.gaveUp], [1, 0], "pending, given up")
                try requireEqual(summary.oldestDueAt, due, "due")
                try requireEqual(try await lease(store, now: later.adding(seconds: 9)), [], "before")
                let again = try await lease(store, now: due)
                try requireEqual(again.map(\.attempts), [2], "at its time")
            }
        },
        StoreConformance("items that are due, or held, longer than they can be are due now") { kind in
            try await kind.withStore { store in
                for number in 1...4 {
                    let intent = MadeUp.intent("pi_\(number)", ["latest_charge": "ch_\(number)"])
                    try await store.record(MadeUp.event("evt_\(number)", "payment_intent.succeeded", intent))
                }
                let items = try await lease(store, seconds: 5000)
                try requireEqual(items.map(\.subject), ["ch_1", "ch_2", "ch_3", "ch_4"], "leased")
                try await postpone(items[0], until: later.adding(seconds: 5000), in: store)
                try await postpone(items[1], until: later.adding(seconds: 5), in: store)
                try await store.giveUp(items[2])
                try await store.reschedule(.retention, dueAfter: later, now: later)
                try requireEqual(try await lease(store, now: later), [], "of another kind")
                try await store.reschedule(.fetch, dueAfter: later.adding(seconds: 10), now: later)
                let rescheduled = try await lease(store, now: later)
                try requireEqual(rescheduled.map(\.subject), ["ch_1", "ch_4"], "put off, and held")
                try requireEqual(rescheduled.map(\.attempts), [2, 2], "attempts")
                try requireEqual(try await store.replace(items[3]), nil, "the holder before")
                let soon = try await lease(store, now: later.adding(seconds: 5))
                try requireEqual(soon.map(\.subject), ["ch_2"], "due before")
                try requireEqual(try await store.fetches().gaveUp, 1, "given up")
            }
        },
        StoreConformance("an event that needs a postponed item does not make it due sooner") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                let due = later.adding(seconds: 1000)
                try await postpone(item, until: due, in: store)
                try await store.record(intentEvent("evt_3"))
                try requireEqual(try await store.fetches().oldestDueAt, due, "due")
            }
        },
        StoreConformance("an item that was given up stays visible until an event needs it again") {
            kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                try await store.giveUp(item)
                let given = FetchSummary(pending: 0, gaveUp: 1, oldestDueAt: nil)
                try requireEqual(try await store.fetches(), given, "summary")
                try requireEqual(try await lease(store, now: Instant(unixSeconds: .max)), [], "leased")
                try requireEqual(try await store.record(intentEvent()), .duplicate, "duplicate")
                try requireEqual(try await store.fetches(), given, "a duplicate asks for nothing")

                try await store.record(intentEvent("evt_3"), receivedAt: MadeUp.start + 60)
                let summary = try await store.fetches()
                try requireEqual([summary.pending, summary.gaveUp], [1, 0], "asked for again")
                try requireEqual(try await lease(store).map(\.attempts), [1], "from the beginning")
            }
        },
        StoreConformance("an item that was given up is deleted once its object arrived") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                try await store.giveUp(item)
                try await store.record(chargeEvent())
                let nothing = FetchSummary(pending: 0, gaveUp: 0, oldestDueAt: nil)
                try requireEqual(try await store.fetches(), nothing, "summary")
            }
        },
        StoreConformance("jobs are counted and listed by kind and state, the newest first") { kind in
            try await kind.withStore { store in
                for (account, id) in [("acct_1", "evt_1"), (nil, "evt_2")] {
                    try await store.record(intentEvent(id, account: account))
                }
                let job = Job(only: .retention, now: later)
                _ = try await store.add(job)
                let item = try requireSome(await lease(store, limit: 1).first, "work")
                try await store.giveUp(item)
                let other = item.id == "charge:ch_1" ? "charge:ch_1@acct_1" : "charge:ch_1"
                let asked = Instant(unixSeconds: MadeUp.start)
                try requireEqual(
                    Set(try await store.summary().map { "\($0)" }),
                    Set(
                        [
                            JobSummary(.fetch, .failed, count: 1, dueAt: nil, createdAt: nil),
                            JobSummary(
                                .fetch,
                                .waiting,
                                count: 1,
                                dueAt: asked.adding(seconds: 15),
                                createdAt: asked
                            ),
                            JobSummary(.retention, .waiting, count: 1, dueAt: later, createdAt: later),
                        ].map { "\($0)" }
                    ),
                    "summary"
                )
                func ids(_ query: JobQuery) async throws -> [String] {
                    try await store.jobs(query).map(\.id)
                }
                let all = try await ids(JobQuery(limit: 9))
                try requireEqual(all, ["retention", "charge:ch_1", "charge:ch_1@acct_1"], "all")
                try requireEqual(try await ids(JobQuery(limit: 2)), Array(all.prefix(2)), "first page")
                try requireEqual(
                    try await ids(JobQuery(limit: 2, startingAfter: all[1])),
                    [all[2]],
                    "second page"
                )
                try requireEqual(
                    try await ids(JobQuery(kinds: [.fetch], states: [.waiting], limit: 9)),
                    [other],
                    "of a kind and a state"
                )
            }
        },
        StoreConformance("a deleted item cannot be postponed or given up") { kind in
            try await kind.withStore { store in
                try await store.record(intentEvent())
                let item = try requireSome(await lease(store).first, "work")
                try await store.record(chargeEvent())
                try await postpone(item, until: later, in: store)
                try await store.giveUp(item)
                let nothing = FetchSummary(pending: 0, gaveUp: 0, oldestDueAt: nil)
                try requireEqual(try await store.fetches(), nothing, "summary")
            }
        },
    ]
}
