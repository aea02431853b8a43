import Billing
import Storage

private let now = Instant(unixSeconds: MadeUp.start)

private func run(
    _ id: String,
    _ kind: Job.Kind = .backfill,
    request: String = #"{"since":"30d"}"#
) -> Job {
    Job(id: id, kind: kind, begunAt: now, request: request)
}

private func begin(
    _ id: String,
    request: String,
    in store: any Store
) async throws -> JobStart {
    try await store.begin(run(id, request: request), unless: { $0 == request }, now: now)
}

extension StoreConformance {
    static let jobs: [StoreConformance] = [
        StoreConformance("a run is read as it was written, whatever it contains") { kind in
            try await kind.withStore { store in
                var one = run("bf_1", request: "{\"text\":\"\\u0000 «é» \"}")
                one.reason = "it's \"so\""
                one.holder = "worker 1"
                one.leasedUntil = Instant(unixSeconds: 7)
                one.progress = String(repeating: "x", count: 100_000)
                try requireEqual(try await store.begin(one), true, "begun")
                try requireEqual(try await store.run(id: "bf_1"), one, "by id")
                try requireEqual(try await store.latestRun(.backfill), one, "latest")
                try requireEqual(try await store.latestRun(.reconciliation), nil, "latest of the other kind")
                try requireEqual(try await store.run(id: "bf_2"), nil, "none")
            }
        },
        StoreConformance("one run of a kind is active at a time") { kind in
            try await kind.withStore { store in
                try requireEqual(try await store.begin(run("bf_1")), true, "first")
                try requireEqual(try await store.begin(run("bf_2")), false, "second")
                try requireEqual(try await store.begin(run("rc_1", .reconciliation)), true, "other kind")
                let ended = try requireSome(
                    await store.replace(run("bf_1").left(.completed, now: now)),
                    "run"
                )
                try requireEqual(ended.revision, 1, "revision")
                try requireEqual(try await store.begin(run("bf_1")), false, "an id again")
                try requireEqual(try await store.begin(run("bf_2")), true, "when the first has ended")
                try requireEqual(try await store.latestRun(.backfill)?.id, "bf_2", "latest")
                let again = ended.left(.running, now: now)
                try requireEqual(try await store.replace(again), nil, "the first again beside the second")
                try requireEqual(try await store.run(id: "bf_1"), ended, "the first as it stood")
            }
        },
        StoreConformance("one of two changes from the same revision of a run is kept") { kind in
            try await kind.withStore { store in
                _ = try await store.begin(run("bf_1"))
                var (one, other) = (run("bf_1"), run("bf_1"))
                one.progress = "1"
                other.progress = "2"
                let kept = try await store.replace(one)
                try requireEqual(try await store.replace(other), nil, "second")
                try requireEqual(try await store.run(id: "bf_1"), kept, "kept")
                try requireEqual(try await store.replace(run("bf_9")), nil, "one that there is not")
                let ends = try await withThrowingTaskGroup(of: Job?.self) { group in
                    for number in 0..<16 {
                        var next = try requireSome(kept, "run")
                        next.progress = "\(number)"
                        group.addTask { [next] in try await store.replace(next) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                try requireEqual(ends.count { $0 != nil }, 1, "kept of many at once")
            }
        },
        StoreConformance("a run survives a restart, and continues with the next worker") { kind in
            try await kind.withPlace { place in
                var store = try await place.open(livemode: nil)
                _ = try await store.begin(run("bf_1"))
                let held = try await store.takeUp(.backfill, as: "one", now: now, seconds: 60)
                try requireEqual(held?.holder, "one", "holder")
                await store.close()
                store = try await place.open(livemode: nil)
                try requireEqual(try await store.run(id: "bf_1"), held, "after the restart")
                let later = now.adding(seconds: store.isStoreExclusive ? 1 : 60)
                let next = try await store.takeUp(.backfill, as: "two", now: later, seconds: 60)
                try requireEqual(next?.holder, "two", "holder")
                let lost = try requireSome(held, "run")
                try requireEqual(try await store.replace(lost), nil, "the first holder's word")
                await store.close()
            }
        },
        StoreConformance("a run that is due later is not taken before") { kind in
            try await kind.withStore { store in
                _ = try await store.begin(run("bf_1"))
                let held = try requireSome(
                    await store.takeUp(.backfill, as: "one", now: now, seconds: 60),
                    "run"
                )
                let due = now.adding(seconds: 300)
                _ = try await store.replace(held.left(.running, reason: "later", dueAt: due, now: now))
                for (seconds, isTaken) in [(0, false), (299, false), (300, true)] as [(Int64, Bool)] {
                    let moment = now.adding(seconds: seconds)
                    let taken = try await store.takeUp(.backfill, as: "one", now: moment, seconds: 60)
                    try requireEqual(taken != nil, isTaken, "after \(seconds) seconds")
                }
            }
        },
        StoreConformance("the same parameters resume the unfinished run, and others wait") { kind in
            try await kind.withStore { store in
                try requireEqual(
                    try await begin("bf_1", request: "a", in: store),
                    .begun(run("bf_1", request: "a")),
                    "a"
                )
                guard case .underWay(let same) = try await begin("bf_2", request: "a", in: store) else {
                    throw Violation(description: "the same request is not active")
                }
                try requireEqual(same.id, "bf_1", "under way")
                guard case .occupied = try await begin("bf_2", request: "b", in: store) else {
                    throw Violation(description: "another request is accepted")
                }
                for state in [Job.State.failed, .paused] {
                    let standing = try requireSome(await store.run(id: "bf_1"), "run")
                    _ = try await store.replace(standing.left(state, reason: "why", now: now))
                    guard case .resumed(let again) = try await begin("bf_2", request: "a", in: store) else {
                        throw Violation(description: "a \(state) run is not gone on with")
                    }
                    try requireEqual([again.id, again.state.rawValue], ["bf_1", "running"], "again")
                    try requireEqual(again.reason, nil, "reason")
                }
                let standing = try requireSome(await store.run(id: "bf_1"), "run")
                _ = try await store.replace(standing.left(.failed, now: now))
                guard case .begun(let other) = try await begin("bf_2", request: "b", in: store) else {
                    throw Violation(description: "another request is not begun after a failed run")
                }
                try requireEqual(other.id, "bf_2", "begun")
            }
        },
        StoreConformance("when many request the same run at once, one begins it") { kind in
            try await kind.withStore { store in
                let ids = try await withThrowingTaskGroup(of: String?.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            switch try await begin("bf_\(number)", request: "a", in: store) {
                            case .begun(let run): run.id
                            case .underWay: nil
                            case .resumed, .occupied:
                                throw Violation(description: "two different requests share a run")
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                try requireEqual(ids.count { $0 != nil }, 1, "begun")
            }
        },
        StoreConformance(
            "the payment of an object is all objects connected with it, and a customer is alone"
        ) { kind in
            try await kind.withStore { store in
                let intent = MadeUp.intent("pi_1", ["latest_charge": "ch_1"])
                try await store.record(MadeUp.event("evt_1", "payment_intent.succeeded", intent))
                try await store.record(
                    MadeUp.event("evt_2", "refund.created", MadeUp.refund("re_1", charge: "ch_1"))
                )
                try await store.record(MadeUp.event("evt_3", "charge.succeeded", MadeUp.charge("ch_2")))
                try await store.record(
                    MadeUp.event("evt_4", "charge.succeeded", MadeUp.charge("ch_1"), account: "acct_1")
                )
                try await store.record(
                    MadeUp.event("evt_5", "customer.created", MadeUp.customer("cus_1", user: "u"))
                )
                let found = try await store.payments(
                    of: [
                        ObjectReference(.refund, "re_1"), ObjectReference(.charge, "ch_1"),
                        ObjectReference(.charge, "ch_9"), ObjectReference(.customer, "cus_1"),
                    ],
                    account: nil
                )
                try requireEqual(found.count, 2, "payments")
                let ids = found.flatMap { $0 }.map(\.reference.id).sorted()
                try requireEqual(ids, ["ch_1", "cus_1", "pi_1", "re_1"], "objects")
                let shown = found.flatMap { $0 }.filter { $0.snapshot != nil }.map(\.reference.id).sorted()
                try requireEqual(shown, ["cus_1", "pi_1", "re_1"], "shown")
                let theirs = try await store.payments(
                    of: [ObjectReference(.charge, "ch_1")],
                    account: "acct_1"
                )
                try requireEqual(theirs.flatMap { $0 }.map(\.reference.id), ["ch_1"], "the account's")
            }
        },
        StoreConformance("the log is filtered by source and by object") { kind in
            try await kind.withStore { store in
                let charge = MadeUp.charge("ch_1")
                try await store.record(MadeUp.event("evt_1", "charge.succeeded", charge))
                try await store.record(MadeUp.event("evt_2", "charge.fetched", charge), source: .api)
                try await store.record(MadeUp.event("evt_3", "charge.updated", MadeUp.charge("ch_2")))
                func ids(_ query: EventQuery) async throws -> [String]? {
                    try await store.entries(query)?.elements.map(\.id)
                }
                try requireEqual(try await ids(EventQuery(source: .webhook)), ["evt_3", "evt_1"], "webhook")
                try requireEqual(try await ids(EventQuery(source: .api)), ["evt_2"], "api")
                try requireEqual(try await ids(EventQuery(objectID: "ch_1")), ["evt_2", "evt_1"], "object")
                try requireEqual(
                    try await ids(EventQuery(source: .webhook, objectID: "ch_1", limit: 1)),
                    ["evt_1"],
                    "both"
                )
                try requireEqual(try await ids(EventQuery(objectID: "ch_9")), [], "none")
            }
        },
    ]
}
