import Billing
import Storage
import Testing

@testable import BackgroundJobs

/// The decisions of a walk through lists, without requests.
struct ListCrawlerTests {
    private func page(_ objects: [(String, Int64)]) -> [ListedObject] {
        objects.map { ListedObject(id: $0, created: Instant(unixSeconds: $1), bytes: []) }
    }

    /// Whether each page is admitted after those before it.
    private func admits(_ pages: [[(String, Int64)]]) -> [Bool] {
        var walk = OrderGuard()
        return pages.map { walk.admits(page($0)) }
    }

    @Test func `a list that goes down is walked`() {
        let down: [[(String, Int64)]] = [
            [("a", 30), ("b", 20)], [("c", 20), ("d", 20)], [("e", 20), ("f", 10)], [], [("g", 10)],
        ]
        #expect(admits(down) == [true, true, true, true, true])
    }

    @Test func `a list that goes up is not`() {
        #expect(admits([[("a", 10), ("b", 20)]]) == [false])
        #expect(admits([[("a", 10), ("b", 5)], [("c", 9), ("d", 6)]]) == [true, false])
    }

    @Test func `a list that leads back within one second is noticed`() {
        let one: [(String, Int64)] = [("a", 10), ("b", 10)]
        #expect(admits([one, [("c", 10), ("d", 10)], one]) == [true, true, false])
    }

    private func list(
        undelivered: Bool,
        newest: Int64,
        reached: Int64,
        state: ListProgress.State = .walking
    ) -> ListProgress {
        var list = ListProgress(
            .events,
            types: ["charge.succeeded"],
            isUndelivered: undelivered,
            from: Instant(unixSeconds: 0),
            through: nil
        )
        list.newest = Instant(unixSeconds: newest)
        list.reached = Instant(unixSeconds: reached)
        list.pages = 1
        list.state = state
        return list
    }

    @Test func `how dense a list is says how many pages are left`() {
        #expect(list(undelivered: false, newest: 1000, reached: 900).pagesLeft == 9)
        #expect(list(undelivered: false, newest: 1000, reached: 1).pagesLeft == 1)
        #expect(list(undelivered: false, newest: 1000, reached: 1000).pagesLeft == 1)
        #expect(list(undelivered: false, newest: 1000, reached: 0, state: .done).pagesLeft == 0)
    }

    @Test func `the undelivered are walked by themselves only where they are few`() {
        let all = list(undelivered: false, newest: 1000, reached: 900)
        let few = list(undelivered: true, newest: 1000, reached: 600)
        let most = list(undelivered: true, newest: 1000, reached: 880)
        #expect(Backfill.withoutRedundant([few, all]).map(\.state) == [.walking, .walking])
        #expect(Backfill.withoutRedundant([most, all]).map(\.state) == [.skipped, .walking])
        #expect(Backfill.withoutRedundant([most]).map(\.state) == [.walking])
    }

    @Test func `lists are walked side by side, the undelivered before the others`() {
        let near = list(undelivered: false, newest: 1000, reached: 900)
        let far = list(undelivered: false, newest: 1000, reached: 500)
        let urgent = list(undelivered: true, newest: 1000, reached: 100)
        let done = list(undelivered: true, newest: 1000, reached: 990, state: .done)
        #expect(ListCrawler.next(of: [far, near]) == 1)
        #expect(ListCrawler.next(of: [near, far, done]) == 0)
        #expect(ListCrawler.next(of: [near, far, done, urgent]) == 3)
        #expect(ListCrawler.next(of: [done]) == nil)
        #expect(ListCrawler.next(of: []) == nil)
    }

    private func lists(days: Int64, throughDays: Int64? = nil, undelivered: Bool = false) -> [ListProgress] {
        let now = Instant(unixSeconds: 1_750_000_000)
        let request = JobRequest(
            parameters: .init(since: "", isUndeliveredOnly: undelivered),
            from: now.adding(seconds: -days * 86_400),
            through: throughDays.map { now.adding(seconds: -$0 * 86_400) },
            origin: .operator
        )
        return Backfill.lists(for: request, now: now)
    }

    @Test func `events are listed as far back as Stripe keeps them, and objects before that`() {
        #expect(Set(lists(days: 10).map(\.collection)) == [.events])
        #expect(Set(lists(days: 40).map(\.collection)) == Set(ListProgress.Collection.allCases))
        #expect(!lists(days: 90, throughDays: 40).map(\.collection).contains(.events))
        #expect(Set(lists(days: 90, undelivered: true).map(\.collection)) == [.events])
        let moments = lists(days: 40).filter { $0.collection == .charges }.map(\.through)
        #expect(moments == [Instant(unixSeconds: 1_750_000_000 - 29 * 86_400)])
        let first = lists(days: 10).prefix { $0.isUndelivered }
        #expect(!first.isEmpty && lists(days: 10).dropFirst(first.count).allSatisfy { !$0.isUndelivered })
    }

    @Test func `all customers are listed, whatever the period`() {
        let customers = lists(days: 40).filter { $0.collection == .customers }
        #expect(customers.map(\.from) == [Instant(unixSeconds: 0)] && customers.map(\.through) == [nil])
        #expect(lists(days: 40).filter { $0.collection == .charges }.map(\.from) != customers.map(\.from))
    }

    // MARK: Habits

    private func event(received: Int64, created: Int64?) -> EventEntry {
        EventEntry(
            id: "evt_1",
            type: "charge.succeeded",
            created: created.map(Instant.init(unixSeconds:)),
            receivedAt: Instant(unixSeconds: received),
            livemode: false,
            account: nil,
            apiVersion: nil,
            source: .webhook,
            disposition: .projected,
            reason: nil,
            objectID: nil,
            size: 1
        )
    }

    @Test func `it looks back to before the last event was made, at most as long as Stripe remembers`() {
        let now = Instant(unixSeconds: 1_750_000_000)
        let schedule = JobSchedule(catchUpAfterSeconds: 3600)
        let horizon = now.adding(seconds: -30 * 86_400)
        #expect(schedule.catchUpFrom(lastEvent: nil, now: now) == horizon)
        let recent = event(received: now.unixSeconds - 3600, created: nil)
        #expect(schedule.catchUpFrom(lastEvent: recent, now: now) == nil)
        let retried = event(received: now.unixSeconds - 3601, created: now.unixSeconds - 90_000)
        #expect(schedule.catchUpFrom(lastEvent: retried, now: now) == now.adding(seconds: -93_600))
        let old = event(received: 1_700_000_000, created: 1_700_000_000)
        #expect(schedule.catchUpFrom(lastEvent: old, now: now) == horizon)
        #expect(JobSchedule.none.catchUpFrom(lastEvent: nil, now: now) == nil)
    }

    @Test(arguments: [
        (599, nil, false), (600, nil, true), (600, 86_399, false), (600, 86_400, true), (600, -1, true),
    ])
    func `a comparison is due a day after the last, and not right at the start`(
        sinceStart: Int64,
        sinceLast: Int64?,
        isDue: Bool
    ) {
        let now = Instant(unixSeconds: 1_750_000_000)
        let schedule = JobSchedule()
        let last = sinceLast.map { now.adding(seconds: -$0) }
        let started = now.adding(seconds: -sinceStart)
        #expect(schedule.isReconciliationDue(last: last, startedAt: started, now: now) == isDue)
        #expect(!JobSchedule.none.isReconciliationDue(last: last, startedAt: started, now: now))
    }
}
