import Billing
import Storage
import StripeAPI
import StripeStandIn
import Testing

@testable import BackgroundJobs

private let eventsRoute = "GET /v1/events"

/// Missed events come from Stripe's lists, and the result is as if none had been missed.
@Suite(.timeLimit(.minutes(5)))
struct BackfillTests {
    private typealias Harness = CatchUpHarness

    @Test func `undelivered events are recorded as if they had been delivered`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...130)
            let run = try await harness.perform(.backfill)
            #expect(run.state == .completed)
            let progress = try #require(run.reached)
            #expect(progress.recorded == 260)
            #expect(progress.problems == [])
            #expect(progress.requests == harness.standIn.requests.count)
            #expect(try await harness.rows.count == 130)
            #expect(try await harness.rows.allSatisfy { $0.status == "succeeded" && $0.amount == 2500 })

            let body = Harness.event(
                "evt_ch_1",
                "charge.succeeded",
                Paid.charge(1, secondsAgo: 4200),
                secondsAgo: 4200
            )
            let entry = try #require(try await harness.store.entry(id: "evt_ch_1"))
            #expect(entry.payload == Array(body.utf8))
            #expect(entry.entry.source == .api)
            #expect(entry.entry.disposition == .projected)
            #expect(try await harness.deliver(body) == .duplicate)
        }
    }

    @Test func `events that a webhook delivered are not counted as found`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...2, isDelivered: true)
            let body = Harness.event(
                "evt_ch_1",
                "charge.succeeded",
                Paid.charge(1, secondsAgo: 4200),
                secondsAgo: 4200
            )
            #expect(try await harness.deliver(body) == .recorded)
            let progress = try #require(try await harness.perform(.backfill).reached)
            #expect(progress.recorded == 3)
            #expect(progress.duplicates == 1)
            #expect(try await harness.store.entry(id: "evt_ch_1")?.entry.source == .webhook)
        }
    }

    @Test func `an event that came in another version is recorded once beside it, and counted as known`()
        async throws
    {
        try await Harness.with { harness in
            try harness.payments(1...2, isDelivered: true)
            let listed = Harness.event(
                "evt_ch_1",
                "charge.succeeded",
                Paid.charge(1, secondsAgo: 4200),
                secondsAgo: 4200
            )
            let told = listed.replacing("2026-09-30.endive", with: "2019-09-09")
            #expect(told != listed)
            #expect(try await harness.deliver(told) == .recorded)
            for run in 1...2 {
                let progress = try #require(try await harness.perform(.backfill).reached)
                #expect(progress.recorded == (run == 1 ? 3 : 0))
                #expect(progress.duplicates == (run == 1 ? 1 : 4))
                let payloads = try await harness.store.renderings(of: "evt_ch_1").map(\.payload)
                #expect(payloads == [Array(told.utf8), Array(listed.utf8)])
            }
        }
    }

    @Test func `what Stripe thinks delivered is found all the same, unless only the rest is asked for`()
        async throws
    {
        try await Harness.with { harness in
            try harness.payments(1...3, isDelivered: true)
            try harness.payments(4...5, isDelivered: false)
            let some = try await harness.perform(.backfill, isUndeliveredOnly: true)
            #expect(some.reached?.recorded == 4)
            #expect(try await harness.perform(.backfill).reached?.recorded == 6)
            #expect(try await harness.rows.count == 5)
        }
    }

    @Test func `each list of events is asked for by at most twenty types`() async throws {
        try await Harness.with { harness in
            try await harness.perform(.backfill)
            let targets = harness.standIn.requests.filter { $0.route == eventsRoute }.map(\.target)
            let asked = targets.filter { !$0.contains("delivery_success") }
                .map { $0.components(separatedBy: "types%5B%5D=").count - 1 }
            #expect(asked.allSatisfy { $0 <= 20 })
            #expect(asked.reduce(0, +) == EventFamily.projectedTypes.count)
        }
    }

    @Test func `where nearly everything is undelivered it is walked down once`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...500)
            let progress = try #require(try await harness.perform(.backfill).reached)
            #expect(progress.recorded == 1000)
            // Two lists of 500 events: one is walked down, of the other the first page is seen.
            #expect(progress.requests <= 16, "\(progress.requests)")
        }
    }

    // MARK: Objects older than Stripe's events

    @Test func `objects older than Stripe's events are read by list, once`() async throws {
        try await Harness.with { harness in
            let ago = 60 * Harness.day
            try harness.standIn.put(Paid.intent(1, secondsAgo: ago))
            try harness.standIn.put(Paid.charge(1, secondsAgo: ago, refunded: 500))
            try harness.standIn.put(Paid.refund(1, secondsAgo: ago - 100))
            let first = try #require(try await harness.perform(.backfill, days: 90).reached)
            #expect([first.recorded, first.unchanged] == [3, 0])
            let rows = try await harness.rows
            #expect(rows.map(\.id).sorted() == ["pi_1", "re_1"])
            #expect(rows.first { $0.id == "pi_1" }?.amountRefunded == 500)
            #expect(rows.first { $0.id == "re_1" }?.customer == "cus_1")
            #expect(
                try await harness.entries().allSatisfy { $0.source == .api && $0.type.hasSuffix(".fetched") }
            )

            // The receipt's link differs at each request, and does not count as a change.
            harness.time.advance(.seconds(5000))
            let again = try #require(try await harness.perform(.backfill, days: 91).reached)
            #expect([again.recorded, again.duplicates, again.unchanged] == [0, 0, 3])
            #expect(try await harness.entries().count == 3)
            #expect(try await harness.store.reprojectAll().changed == 0)
        }
    }

    @Test func `an object that returned to an earlier state is recorded again`() async throws {
        try await Harness.with { harness in
            let ago = 60 * Harness.day
            func looksLike(refunded: Int64) async throws -> Int64? {
                try harness.standIn.put(Paid.charge(1, secondsAgo: ago, refunded: refunded))
                harness.time.advance(.seconds(100))
                try await harness.perform(.backfill, days: 90)
                return try await harness.rows.first?.amountRefunded
            }
            for refunded in [0, 700, 0, 700] as [Int64] {
                let shown = try await looksLike(refunded: refunded)
                #expect(shown == refunded)
            }
            #expect(try await harness.store.reprojectAll().changed == 0)
        }
    }

    @Test func `what happens after it was listed outweighs it, whatever our own clock says`() async throws {
        try await Harness.with { harness in
            try harness.standIn.put(Paid.charge(1, secondsAgo: 60 * Harness.day))
            try await harness.perform(.backfill, days: 90)
            let later = Harness.event(
                "evt_later",
                "charge.refunded",
                Paid.charge(1, secondsAgo: 60 * Harness.day, refunded: 300),
                secondsAgo: -60
            )
            #expect(try await harness.deliver(later) == .recorded)
            let earlier = Harness.event(
                "evt_earlier",
                "charge.refunded",
                Paid.charge(1, secondsAgo: 60 * Harness.day, refunded: 900),
                secondsAgo: 86_400
            )
            #expect(try await harness.deliver(earlier) == .recorded)
            #expect(try await harness.rows.map(\.amountRefunded) == [300])
        }
    }

    @Test func `a refund without a mode gets the key's`() async throws {
        try await Harness.with(key: "sk_live_canary") { harness in
            try harness.standIn.put(Paid.refund(1, secondsAgo: 60 * Harness.day))
            try await harness.perform(.backfill, days: 90)
            let row = try #require(try await harness.rows.first)
            #expect(row.id == "re_1")
            #expect(row.livemode)
        }
    }

    @Test func `events of the other mode are kept and not shown`() async throws {
        try await Harness.with(key: "rk_secret_without_a_mode") { harness in
            try harness.happen("evt_1", "charge.succeeded", Paid.charge(1), livemode: true)
            try await harness.perform(.backfill)
            #expect(try await harness.entries().map(\.disposition) == [.otherMode])
            #expect(try await harness.rows == [])
        }
    }

    @Test func `what should mean something and cannot be read is quarantined and counted`() async throws {
        try await Harness.with { harness in
            try harness.happen("evt_1", "charge.succeeded", #"{"id":"ch_1","object":"charge"}"#)
            let run = try await harness.perform(.backfill)
            #expect(run.reached?.quarantined == 1)
            #expect(try await harness.entries().map(\.disposition) == [.quarantined])
        }
    }

    // MARK: Connected accounts

    @Test func `a connected account's events are asked for on its behalf and carry its name`() async throws {
        try await Harness.with { harness in
            let event = Harness.event("evt_1", "charge.succeeded", Paid.charge(1), account: "acct_1")
            try harness.standIn.put(event: event)
            try harness.happen("evt_own", "charge.succeeded", Paid.charge(2))
            let run = try await harness.perform(.backfill, account: "acct_1")
            #expect(run.reached?.recorded == 1)
            #expect(harness.standIn.requests.allSatisfy { $0.account == "acct_1" })
            #expect(try await harness.rows.map(\.account) == ["acct_1"])
            #expect(try await harness.store.reprojectAll().changed == 0)
        }
    }

    // MARK: Killed

    @Test func `stopped after every single request, it comes to the same end`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...260)
            try harness.standIn.put(Paid.charge(900, secondsAgo: 60 * Harness.day))
            var run = try await harness.perform(.backfill, days: 90, maxRequests: 1)
            var most = 1
            while run.state == .paused, most < 200 {
                most += 1
                run = try await harness.perform(.backfill, days: 90, maxRequests: most)
            }
            #expect(run.state == .completed)
            #expect(most > 10)
            #expect(run.reached?.recorded == 521)
            #expect(run.reached?.duplicates ?? 0 < 521)
            #expect(try await harness.entries().count == 521)
            #expect(try await harness.rows.count == 261)
        }
    }

    @Test func `killed between the recording and the keeping of its place, it doubles nothing`() async throws
    {
        try await Harness.with { harness in
            try harness.payments(1...260)
            try harness.standIn.put(Paid.charge(900, secondsAgo: 60 * Harness.day))
            var run = try await harness.perform(.backfill, days: 90, maxRequests: 3)
            for most in 4...40 where run.state == .paused {
                let before = run
                let after = try await harness.perform(.backfill, days: 90, maxRequests: most)
                // As if the process had died before it kept how far it was.
                var lost = after
                lost.progress = before.progress
                run = try #require(try await harness.store.replace(lost))
                run = try await harness.perform(.backfill, days: 90, maxRequests: most + 1)
            }
            run = try await harness.perform(.backfill, days: 90)
            #expect(run.state == .completed)
            #expect(try await harness.entries().count == 521)
            #expect(try await harness.rows.count == 261)
        }
    }

    @Test func `what happened while it was not at work is found at the end`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...120)
            let run = try await harness.perform(.backfill, maxRequests: 7)
            #expect(run.state == .paused)
            harness.time.advance(.seconds(7200))
            try harness.happen("evt_meanwhile", "charge.succeeded", Paid.charge(999), secondsAgo: -3600)
            #expect(try await harness.perform(.backfill).state == .completed)
            #expect(try await harness.store.entry(id: "evt_meanwhile") != nil)
        }
    }

    @Test func `another runner takes over from one that died, and the dead one can change nothing more`()
        async throws
    {
        try await Harness.with { harness in
            try harness.payments(1...3)
            let request = JobRequest(
                parameters: .init(since: "20d"),
                from: Instant(unixSeconds: Harness.start - 20 * Harness.day),
                through: nil,
                origin: .operator
            )
            _ = try await harness.store.begin(.backfill, id: "bf_1", request: request, now: harness.time.now)
            let dead = try await harness.store.take(
                .backfill,
                as: "dead",
                now: harness.time.now,
                seconds: 180,
                limit: 1
            )
            #expect(try await harness.runner().workOnce() == 0)
            harness.time.advance(.seconds(180))
            #expect(try await harness.runner().workOnce() == 1)
            #expect(try await harness.store.job(id: "bf_1")?.state == .completed)
            #expect(try await harness.store.replace(try #require(dead.first)) == nil)
        }
    }

    // MARK: Lists that are not still

    @Test func `a list that grows and shrinks while it is walked loses nothing that stays`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...300)
            let standIn = harness.standIn
            standIn.beforeEachPage { page in
                let body = Harness.event(
                    "evt_new_\(page)",
                    "charge.succeeded",
                    Paid.charge(5000 + page),
                    secondsAgo: Int64(page)
                )
                try? standIn.put(event: body)
                // The objects that are not listed below.
                standIn.remove("event", id: "evt_pi_\(300 - page % 3)")
            }
            #expect(try await harness.perform(.backfill).state == .completed)
            for number in 1...297 {
                #expect(try await harness.store.entry(id: "evt_ch_\(number)") != nil)
                #expect(try await harness.store.entry(id: "evt_pi_\(number)") != nil)
            }
        }
    }

    @Test func `when Stripe no longer knows the cursor, it continues by time`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...300)
            let standIn = harness.standIn
            standIn.beforeEachPage { page in
                // The last of the first page of all, just before the second is asked for.
                if page == 7 {
                    for number in 40...60 {
                        standIn.remove("event", id: "evt_pi_\(number)")
                        standIn.remove("event", id: "evt_ch_\(number)")
                    }
                }
            }
            let run = try await harness.perform(.backfill)
            #expect(run.state == .completed)
            #expect(run.reached?.problems == [])
            for number in 61...300 { #expect(try await harness.store.entry(id: "evt_ch_\(number)") != nil) }
        }
    }
}
