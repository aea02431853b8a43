import Billing
import Storage

private let now = Instant(unixSeconds: MadeUp.start)

private func job(_ id: String, _ kind: Job.Kind = .backfill, dueAt: Instant? = now) -> Job {
    Job(id: id, kind: kind, dueAt: dueAt, request: #"{"since":"30d"}"#, createdAt: now)
}

private func begin(_ id: String, since: String, in store: any Store) async throws -> JobStart {
    let request = JobRequest(
        parameters: .init(since: since),
        from: now,
        through: nil,
        origin: .operator
    )
    return try await store.begin(.backfill, id: id, request: request, now: now)
}

/// Takes the usage sync, if it is due some seconds later.
private func take(after seconds: Int64, in store: any Store) async throws -> Job? {
    let moment = now.adding(seconds: seconds)
    let jobs = try await store.take(.usageSync, as: "one", now: moment, seconds: 60, limit: 9)
    return jobs.first
}

extension StoreConformance {
    static let jobs: [StoreConformance] = [
        StoreConformance("a job is read as it was written, whatever it contains") { kind in
            try await kind.withStore { store in
                let one = Job(
                    id: "bf_1",
                    kind: .backfill,
                    state: .running,
                    dueAt: Instant(unixSeconds: 7),
                    attempts: 3,
                    holder: "runner 1",
                    request: "{\"text\":\"\\u0000 «é» \"}",
                    progress: String(repeating: "x", count: 100_000),
                    reason: "it's \"so\"",
                    createdAt: now,
                    updatedAt: Instant(unixSeconds: 9)
                )
                try requireEqual(try await store.add(one), true, "added")
                try requireEqual(try await store.job(id: "bf_1"), one, "by id")
                try requireEqual(try await store.latestJob(.backfill), one, "latest")
                try requireEqual(try await store.latestJob(.reconciliation), nil, "latest of the other kind")
                try requireEqual(try await store.job(id: "bf_2"), nil, "none")
            }
        },
        StoreConformance("one backfill has a due time at a time") { kind in
            try await kind.withStore { store in
                try requireEqual(try await store.add(job("bf_1")), true, "first")
                try requireEqual(try await store.add(job("bf_2")), false, "second")
                try requireEqual(try await store.add(job("rc_1", .reconciliation)), true, "other kind")
                let ended = try requireSome(
                    await store.replace(job("bf_1").left(.completed, now: now)),
                    "job"
                )
                try requireEqual(ended.revision, 1, "revision")
                try requireEqual(try await store.add(job("bf_1")), false, "an id again")
                try requireEqual(try await store.add(job("bf_2")), true, "when the first has ended")
                try requireEqual(try await store.latestJob(.backfill)?.id, "bf_2", "latest")
                let again = ended.left(.waiting, dueAt: now, now: now)
                try requireEqual(try await store.replace(again), nil, "the first again beside the second")
                try requireEqual(try await store.job(id: "bf_1"), ended, "the first as it stood")
            }
        },
        StoreConformance("one of two changes from the same revision of a job is kept") { kind in
            try await kind.withStore { store in
                _ = try await store.add(job("bf_1"))
                var (one, other) = (job("bf_1"), job("bf_1"))
                one.progress = "1"
                other.progress = "2"
                let kept = try await store.replace(one)
                try requireEqual(try await store.replace(other), nil, "second")
                try requireEqual(try await store.job(id: "bf_1"), kept, "kept")
                try requireEqual(try await store.replace(job("bf_9")), nil, "one that there is not")
                let ends = try await withThrowingTaskGroup(of: Job?.self) { group in
                    for number in 0..<16 {
                        var next = try requireSome(kept, "job")
                        next.progress = "\(number)"
                        group.addTask { [next] in try await store.replace(next) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                try requireEqual(ends.count { $0 != nil }, 1, "kept of many at once")
            }
        },
        StoreConformance("a job is taken when it is due, and again when its lease ends") { kind in
            try await kind.withStore { store in
                let due = now.adding(seconds: 300)
                _ = try await store.add(job("usage_sync", .usageSync, dueAt: due))
                try requireEqual(try await take(after: 299, in: store), nil, "before it is due")
                let held = try requireSome(await take(after: 300, in: store), "job")
                try requireEqual(held.state, .running, "state")
                try requireEqual([held.attempts, Int(held.revision)], [1, 1], "attempts and revision")
                try requireEqual([held.holder], ["one"], "holder")
                try requireEqual(held.dueAt, now.adding(seconds: 360), "end of the lease")
                try requireEqual(try await store.job(id: "usage_sync"), held, "as stored")
                try requireEqual(try await take(after: 359, in: store), nil, "while it is held")
                try requireEqual(try await take(after: 360, in: store)?.attempts, 2, "when the lease ended")
                try requireEqual(try await store.replace(held), nil, "the first holder's change")
            }
        },
        StoreConformance("a completed job with a due time is taken then, and one without is not") {
            kind in
            try await kind.withStore { store in
                _ = try await store.add(job("usage_sync", .usageSync))
                _ = try await store.add(job("retention", .retention))
                for (kind, again) in [(Job.Kind.usageSync, now), (.retention, nil)] {
                    let held = try requireSome(
                        await store.take(kind, as: "one", now: now, seconds: 60, limit: 1).first,
                        "job"
                    )
                    _ = try await store.replace(held.left(.completed, dueAt: again, now: now))
                    let moment = Instant(unixSeconds: .max)
                    let next = try await store.take(kind, as: "one", now: moment, seconds: 0, limit: 1)
                    try requireEqual(next.count, again == nil ? 0 : 1, "\(kind)")
                }
            }
        },
        StoreConformance("only the first job of a topic is taken, and topics do not wait for one another") {
            kind in
            try await kind.withStore { store in
                func alert(_ id: String, _ topic: String, after seconds: Int64 = 0) -> Job {
                    let due = now.adding(seconds: seconds)
                    return Job(id: id, kind: .alert, topic: topic, dueAt: due, createdAt: now)
                }
                func take(after seconds: Int64 = 0) async throws -> [Job] {
                    let moment = now.adding(seconds: seconds)
                    let jobs = try await store.take(.alert, as: "one", now: moment, seconds: 60, limit: 9)
                    return jobs.sorted { $0.id < $1.id }
                }
                for job in [
                    alert("a", "silence"), alert("b", "silence"), alert("c", "quarantine"), alert("d", ""),
                    alert("e", ""), alert("f", "drift", after: 5), alert("g", "drift"),
                ] { _ = try await store.add(job) }
                let first = try await take()
                try requireEqual(first.map(\.id), ["a", "c", "d", "e"], "first")
                try requireEqual(try await take().map(\.id), [], "while they are held")
                let again = now.adding(seconds: 9)
                _ = try await store.replace(first[0].left(.waiting, dueAt: again, now: now))
                try requireEqual(try await store.remove(first[1]), true, "done")
                try requireEqual(try await take(after: 8).map(\.id), ["f"], "while the first waits")
                try requireEqual(try await take(after: 9).map(\.id), ["a"], "when the first is due")
                _ = try await store.replace(first[2].left(.failed, now: now))
                let retried = try requireSome(await store.job(id: "a"), "job")
                _ = try await store.replace(retried.left(.failed, now: now))
                try requireEqual(try await take(after: 9).map(\.id), ["b"], "behind one that failed")
            }
        },
        StoreConformance("a job is kept together with the jobs that it adds and withdraws, or not at all") {
            kind in
            try await kind.withStore { store in
                let search = Job(only: .alertSearch, now: now)
                let alerts = ["a", "b", "c"].map { Job(id: $0, kind: .alert, dueAt: now, createdAt: now) }
                _ = try await store.add(search)
                let one = try requireSome(
                    await store.replace(search, adding: Array(alerts[..<2]), withdrawing: []),
                    "job"
                )
                try requireEqual(try await store.job(id: "b"), alerts[1], "added")
                let stale = try await store.replace(search, adding: [alerts[2]], withdrawing: ["a"])
                try requireEqual(stale, nil, "of an earlier revision")
                _ = try await store.take(.alert, as: "one", now: now, seconds: 60, limit: 1)
                let taken = try requireSome(
                    await store.jobs(JobQuery(kinds: [.alert], states: [.running], limit: 1)).first,
                    "taken"
                )
                let ids = ["a", "b"]
                try requireEqual(
                    try await store.replace(one, adding: [alerts[2]], withdrawing: ids),
                    nil,
                    "with one that was taken"
                )
                try requireEqual(try await store.job(id: "c"), nil, "not added")
                try requireEqual(try await store.job(id: search.id), one, "unchanged")
                let rest = ids.filter { $0 != taken.id }
                let two = try await store.replace(one, adding: [alerts[2], taken], withdrawing: rest)
                try requireEqual(two?.revision, 2, "kept")
                let left = try await store.jobs(JobQuery(kinds: [.alert], limit: 9)).map(\.id)
                try requireEqual(left, ["c", taken.id], "left")
            }
        },
        StoreConformance("a job survives a restart, and continues with the next runner") { kind in
            try await kind.withPlace { place in
                var store = try await place.open(livemode: nil)
                _ = try await store.add(job("bf_1"))
                let held = try requireSome(
                    await store.take(.backfill, as: "one", now: now, seconds: 60, limit: 1).first,
                    "job"
                )
                await store.close()
                store = try await place.open(livemode: nil)
                let later = now.adding(seconds: 60)
                let next = try await store.take(.backfill, as: "two", now: later, seconds: 60, limit: 1)
                try requireEqual(next.map(\.holder), ["two"], "holder")
                try requireEqual(try await store.replace(held), nil, "the first holder's change")
                await store.close()
            }
        },
        StoreConformance("the same parameters resume the unfinished job, and others wait") { kind in
            try await kind.withStore { store in
                guard case .begun(let first) = try await begin("bf_1", since: "1d", in: store) else {
                    throw Violation(description: "nothing is begun")
                }
                try requireEqual(first.id, "bf_1", "begun")
                guard case .underWay(let same) = try await begin("bf_2", since: "1d", in: store) else {
                    throw Violation(description: "the same request is not under way")
                }
                try requireEqual(same.id, "bf_1", "under way")
                guard case .occupied = try await begin("bf_2", since: "2d", in: store) else {
                    throw Violation(description: "another request is accepted")
                }
                for state in [Job.State.failed, .paused] {
                    let standing = try requireSome(await store.job(id: "bf_1"), "job")
                    _ = try await store.replace(standing.left(state, reason: "why", now: now))
                    guard case .resumed(let again) = try await begin("bf_2", since: "1d", in: store) else {
                        throw Violation(description: "a \(state) job is not gone on with")
                    }
                    try requireEqual([again.id, again.state.rawValue], ["bf_1", "waiting"], "again")
                    try requireEqual(again.reason, nil, "reason")
                }
                let standing = try requireSome(await store.job(id: "bf_1"), "job")
                _ = try await store.replace(standing.left(.failed, now: now))
                guard case .begun(let other) = try await begin("bf_2", since: "2d", in: store) else {
                    throw Violation(description: "another request is not begun after a failed job")
                }
                try requireEqual(other.id, "bf_2", "begun")
            }
        },
        StoreConformance("when many request the same job at once, one begins it") { kind in
            try await kind.withStore { store in
                let ids = try await withThrowingTaskGroup(of: String?.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            switch try await begin("bf_\(number)", since: "1d", in: store) {
                            case .begun(let job): job.id
                            case .underWay: nil
                            case .resumed, .occupied:
                                throw Violation(description: "two different requests share a job")
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
