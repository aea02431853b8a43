import Billing
import Storage
import TestSupport

extension StoreConformance {
    static let ending = [
        StoreConformance("all data are there when the store is opened again, and again") { kind in
            try await kind.withPlace { place in
                var store = try await place.open(livemode: nil)
                let body = try MadeUp.event(
                    "evt_1",
                    "payment_intent.succeeded",
                    MadeUp.intent("pi_1", ["latest_charge": "ch_1"])
                )
                try await store.record(body)
                try await store.record(
                    MadeUp.event("evt_2", "customer.created", MadeUp.customer("cus_1", user: "user_1"))
                )
                let rows = try await store.allRows()
                let work = try await store.fetches()
                for round in 1...3 {
                    await store.close()
                    store = try await place.open(livemode: nil)
                    try requireEqual(try await store.record(body), .duplicate, "duplicate, \(round)")
                    try requireEqual(try await store.entry(id: "evt_1")?.payload, body, "payload, \(round)")
                    try requireEqual(try await store.allRows(), rows, "rows, \(round)")
                    try requireEqual(try await store.fetches(), work, "work, \(round)")
                    try requireEqual(
                        try await store.customers(ofUser: "user_1"),
                        ["cus_1"],
                        "customers, \(round)"
                    )
                    let order = try await store.entries(EventQuery())?.elements.map(\.id)
                    try requireEqual(order, ["evt_2", "evt_1"], "order, \(round)")
                }
                try await store.record(
                    MadeUp.event("evt_3", "refund.created", MadeUp.refund("re_1", charge: "ch_1"))
                )
                try requireEqual(try await store.transaction(id: "pi_1")?.amountRefunded, 500, "refunded")
                await store.close()
            }
        },
        StoreConformance("a lease outlives the process that holds it") { kind in
            try await kind.withPlace { place in
                let first = try await place.open(livemode: nil)
                let intent = MadeUp.intent("pi_1", ["latest_charge": "ch_1"])
                try await first.record(MadeUp.event("evt_1", "payment_intent.succeeded", intent))
                let now = Instant(unixSeconds: MadeUp.start + 100)
                try requireEqual(try await first.leaseFetches(now: now, seconds: 60).count, 1, "leased")
                await first.close()
                let second = try await place.open(livemode: nil)
                try requireEqual(try await second.leaseFetches(now: now, seconds: 60), [], "held")
                let later = now.adding(seconds: 60)
                try requireEqual(
                    try await second.leaseFetches(now: later, seconds: 60).count,
                    1,
                    "run out"
                )
                await second.close()
            }
        },
        StoreConformance("a store is ready until it is closed; then everything is refused as closed") {
            kind in
            try await kind.withStore { store in
                try await store.checkReady()
                let body = try MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1"))
                await store.close()
                await store.close()
                let now = Instant(unixSeconds: MadeUp.start)
                let job = Job(only: .retention, now: now)
                try await requireClosed("ready") { try await store.checkReady() }
                try await requireClosed("record") { _ = try await store.record(body) }
                try await requireClosed("entries") { _ = try await store.entries(EventQuery()) }
                try await requireClosed("entry") { _ = try await store.entry(id: "evt_1") }
                try await requireClosed("reproject") { _ = try await store.reproject(eventID: "evt_1") }
                try await requireClosed("reprojectAll") { _ = try await store.reprojectAll() }
                try await requireClosed("page") { _ = try await store.ids() }
                try await requireClosed("count") { _ = try await store.count(TransactionFilter()) }
                try await requireClosed("transaction") { _ = try await store.transaction(id: "ch_1") }
                try await requireClosed("payment") { _ = try await store.payment(ofTransaction: "ch_1") }
                try await requireClosed("customers") { _ = try await store.customers(ofUser: "u") }
                try await requireClosed("take") { _ = try await store.leaseFetches(now: now) }
                try await requireClosed("add") { _ = try await store.add(job) }
                try await requireClosed("replace") { _ = try await store.replace(job) }
                try await requireClosed("remove") { _ = try await store.remove(job) }
                try await requireClosed("jobs") { _ = try await store.jobs(JobQuery(limit: 1)) }
                try await requireClosed("summary") { _ = try await store.fetches() }
            }
        },
        StoreConformance("events accepted before the store closes are recorded, later ones refused") { kind in
            try await kind.withPlace { place in
                let store = try await place.open(livemode: nil)
                let acknowledged = await withTaskGroup(of: String?.self) { group in
                    for number in 0..<64 {
                        group.addTask {
                            let id = "evt_\(number)"
                            guard let body = try? MadeUp.event(id, "a.b", [:]) else { return nil }
                            return (try? await store.record(body)).map { _ in id }
                        }
                    }
                    group.addTask {
                        await store.close()
                        return nil
                    }
                    return await group.reduce(into: Set<String>()) { ids, id in
                        if let id { ids.insert(id) }
                    }
                }
                let reopened = try await place.open(livemode: nil)
                let stored = try await reopened.entries(EventQuery(limit: 100))?.elements.map(\.id) ?? []
                try requireEqual(Set(stored), acknowledged, "acknowledged and stored")
                await reopened.close()
            }
        },
    ]

    private static func requireClosed(
        _ what: String,
        line: UInt = #line,
        _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch let error as StoreError {
            try requireEqual(error.code, .closed, what, line: line)
            return
        }
        throw Violation(description: "line \(line): \(what) goes through a closed store")
    }
}
