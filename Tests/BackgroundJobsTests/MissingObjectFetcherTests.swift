import Billing
import Storage
import StripeAPI
import StripeStandIn
import Synchronization
import TestSupport
import Testing
import BackgroundJobs

private let chargeRoute = "GET /v1/charges/:id"

/// Missing objects are fetched later, once, and recorded through the log.
@Suite(.timeLimit(.minutes(5)))
struct MissingObjectFetcherTests {
    @Test func `a payment of which only the PaymentIntent came gets its charge`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.recordIntent()
            #expect(try await harness.row()?.paymentMethod == nil)

            #expect(try await harness.fetcher().workOnce() == 1)
            let row = try #require(try await harness.row())
            #expect(row.paymentMethod?.label == "Visa •••• 4242")
            #expect(row.charge == "ch_1")
            #expect(row.receipt.number == "1234-5678")
            #expect(row.status == "succeeded")
            let work = try await harness.store.fetches()
            #expect(work == FetchSummary(pending: 0, gaveUp: 0, oldestDueAt: nil))
            #expect(harness.standIn.count(chargeRoute) == 1)

            let log = try #require(try await harness.store.entries(EventQuery())?.elements)
            #expect(log.map(\.source) == [.api, .webhook])
            #expect(log.map(\.type) == ["charge.fetched", "payment_intent.succeeded"])
            #expect(log.allSatisfy { $0.disposition == .projected })
        }
    }

    @Test func `nothing is asked for before it is due, nor when there is nothing`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            #expect(try await harness.fetcher().workOnce() == 0)
            try await harness.record(Objects.event("evt_1", Objects.intent()))
            harness.clock.advance(seconds: 14)
            #expect(try await harness.fetcher().workOnce() == 0)
            #expect(harness.standIn.requests.isEmpty)
            harness.clock.advance(seconds: 1)
            #expect(try await harness.fetcher().workOnce() == 1)
        }
    }

    @Test func `two at once fetch nothing twice`() async throws {
        try await JobHarness.with { harness in
            for number in 1...12 {
                try harness.standIn.put(Objects.charge("\(number)"))
                try await harness.recordIntent("\(number)")
            }
            let taken = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await harness.fetcher().workOnce() } }
                return try await group.reduce(0, +)
            }
            #expect(taken == 12)
            #expect(harness.standIn.count(chargeRoute) == 12)
            #expect(Set(harness.standIn.requests.map(\.target)).count == 12)
            #expect(try await harness.fetcher().workOnce() == 0)
            #expect(harness.standIn.count(chargeRoute) == 12)
        }
    }

    @Test func `an object that is fetched twice changes nothing`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.recordIntent()
            try await harness.fetcher().workOnce()
            let row = try await harness.row()
            for number in 1...2 {
                let body = FetchedObject.eventBody(
                    showing: ObjectReference(.charge, "ch_1"),
                    object: Array(Objects.charge().utf8),
                    id: "fetched_\(number)",
                    account: nil,
                    livemode: false,
                    apiVersion: StripeAPIVersion.pinned.text,
                    now: harness.clock.now
                )
                #expect(try await harness.record(String(decoding: body, as: UTF8.self)) == .recorded)
            }
            #expect(try await harness.row() == row)
            #expect(try await harness.store.count(TransactionFilter(.anyCustomer)) == 1)
            #expect(try await harness.store.reprojectAll().changed == 0)
        }
    }

    @Test(arguments: ["acct_1", #"acct_"quoted\"#])
    func `it is fetched for the account it belongs to`(account: String) async throws {
        try await JobHarness.with { harness in
            let spelled = account.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            try harness.standIn.put(Objects.charge(), account: account)
            try await harness.recordIntent(account: spelled)
            try await harness.fetcher().workOnce()
            #expect(harness.standIn.requests.map(\.account) == [account])
            let row = try #require(try await harness.row())
            #expect(row.account == account)
            #expect(row.paymentMethod?.last4 == "4242")
            #expect(try await harness.store.fetches().pending == 0)
        }
    }

    @Test func `a payment known by its checkout alone is fetched with its charge`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try harness.standIn.put(Objects.intent())
            let session = """
                {"id":"cs_1","object":"checkout.session","mode":"payment","status":"complete",
                "payment_status":"paid","payment_intent":"pi_1","amount_total":2500,"currency":"usd",
                "created":1749999990}
                """
            try await harness.record(Objects.event("evt_1", type: "checkout.session.completed", session))
            harness.clock.advance(seconds: 15)
            try await harness.fetcher().workOnce()
            #expect(harness.standIn.requests.map(\.route) == ["GET /v1/payment_intents/:id"])
            let row = try #require(try await harness.row())
            #expect(row.paymentMethod?.last4 == "4242")
            #expect(row.customer == "cus_1")
            #expect(try await harness.store.fetches().pending == 0)
        }
    }

    // MARK: Failures

    /// The faults that pass, and what Stripe's client makes of them.
    static let passing: [(Fault, StripeAPIError)] = [
        (.rateLimited(reason: "global-rate"), .rateLimited(.init(status: 429))),
        (.rateLimited(reason: nil), .rateLimited(.init(status: 429))),
        (.serverError(shouldRetry: nil), .serverFault(.init(status: 500))),
        (.serverError(shouldRetry: true), .serverFault(.init(status: 500, shouldRetry: true))),
        (.garbage, .notAnObject(requestID: nil)), (.truncated, .notAnObject(requestID: nil)),
        (.wrongObject, .wrongObject(requestID: nil)), (.down, .transport(.connectionLost)),
    ]

    @Test(arguments: passing.indices)
    func `what fails for now is put off as the schedule says, and succeeds later`(index: Int) async throws {
        let (fault, error) = Self.passing[index]
        let schedule = RetrySchedule(maxAttempts: 5, baseSeconds: 40, capSeconds: 3600)
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.recordIntent()
            harness.standIn.fail(fault, times: 2)
            for attempt in 1...2 {
                #expect(try await harness.fetcher(schedule: schedule).workOnce() == 1)
                let decision = schedule.decision(afterAttempt: attempt, error: error, random: harness.random)
                guard case .retry(let seconds) = decision else {
                    Issue.record("the schedule gives up after attempt \(attempt)")
                    return
                }
                let work = try await harness.store.fetches()
                #expect(work.oldestDueAt == harness.clock.now.adding(seconds: seconds), "attempt \(attempt)")
                #expect(work.pending == 1)
                harness.clock.advance(seconds: seconds - 1)
                #expect(try await harness.fetcher(schedule: schedule).workOnce() == 0)
                harness.clock.advance(seconds: 1)
            }
            #expect(try await harness.fetcher(schedule: schedule).workOnce() == 1)
            #expect(try await harness.row()?.paymentMethod?.last4 == "4242")
            #expect(try await harness.store.fetches().pending == 0)
            #expect(harness.standIn.count(chargeRoute) == 3)
        }
    }

    @Test func `what Stripe says not to ask again is given up at once, and stays visible`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.recordIntent()
            harness.standIn.fail(.serverError(shouldRetry: false), times: 1)
            try await harness.fetcher().workOnce()
            let work = try await harness.store.fetches()
            #expect(work == FetchSummary(pending: 0, gaveUp: 1, oldestDueAt: nil))
            harness.clock.advance(seconds: 1_000_000)
            #expect(try await harness.fetcher().workOnce() == 0)
            #expect(harness.standIn.count(chargeRoute) == 1)
            // A new event adds the work again.
            try await harness.recordIntent(event: "_again")
            #expect(try await harness.fetcher().workOnce() == 1)
            #expect(try await harness.row()?.paymentMethod?.last4 == "4242")
            #expect(try await harness.store.fetches().gaveUp == 0)
        }
    }

    @Test func `what Stripe does not have is given up`() async throws {
        try await JobHarness.with { harness in
            try await harness.recordIntent()
            try await harness.fetcher().workOnce()
            #expect(try await harness.store.fetches().gaveUp == 1)
            #expect(try await harness.row()?.status == "succeeded")
        }
    }

    @Test func `one that fails does not hold up the others`() async throws {
        try await JobHarness.with { harness in
            for number in 1...3 { try await harness.recordIntent("\(number)") }
            try harness.standIn.put(Objects.charge("1"))
            try harness.standIn.put(Objects.charge("3"))
            #expect(try await harness.fetcher().workOnce() == 3)
            let work = try await harness.store.fetches()
            #expect(work == FetchSummary(pending: 0, gaveUp: 1, oldestDueAt: nil))
            #expect(try await harness.row("pi_3")?.paymentMethod?.last4 == "4242")
        }
    }

    @Test func `after the last attempt it is given up, and not before`() async throws {
        let schedule = RetrySchedule(maxAttempts: 3, baseSeconds: 5, capSeconds: 60)
        try await JobHarness.with { harness in
            try await harness.recordIntent()
            harness.standIn.fail(.serverError(shouldRetry: nil))
            for attempt in 1...5 {
                let taken = try await harness.fetcher(schedule: schedule).workOnce()
                #expect(taken == (attempt <= 3 ? 1 : 0), "attempt \(attempt)")
                #expect(
                    try await harness.store.fetches().gaveUp == (attempt >= 3 ? 1 : 0),
                    "attempt \(attempt)"
                )
                harness.clock.advance(seconds: 10_000)
            }
            #expect(harness.standIn.count(chargeRoute) == 3)
        }
    }

    @Test func `work put off by a clock that ran ahead is due as soon as the clock is set right`()
        async throws
    {
        try await JobHarness.with { harness in
            harness.standIn.fail(.serverError(shouldRetry: nil))
            try await harness.recordIntent()
            let fetcher = harness.fetcher()
            harness.clock.advance(seconds: 3600)
            #expect(try await fetcher.workOnce() == 1)
            harness.standIn.fail(.none)
            try harness.standIn.put(Objects.charge())
            // A small jump, as from NTP, is ignored.
            harness.clock.advance(seconds: -10)
            #expect(try await fetcher.workOnce() == 0)
            harness.clock.advance(seconds: -3590)
            #expect(try await fetcher.workOnce() == 1)
            #expect(try await harness.store.fetches().pending == 0)
            #expect(try await harness.row()?.charge == "ch_1")
        }
    }

    @Test func `work put off by a clock a year ahead, before a restart, is due once the clock is right`()
        async throws
    {
        try await JobHarness.with { harness in
            let year: Int64 = 365 * 86_400
            harness.standIn.fail(.serverError(shouldRetry: nil))
            try await harness.recordIntent()
            harness.clock.advance(seconds: year)
            #expect(try await harness.fetcher().workOnce() == 1)
            harness.standIn.fail(.none)
            try harness.standIn.put(Objects.charge())
            harness.clock.advance(seconds: -year)
            let afterRestart = harness.fetcher()
            #expect(try await afterRestart.workOnce() == 1)
        }
    }

    @Test func `a refused key gives up no item, however long it lasts`() async throws {
        let schedule = RetrySchedule(maxAttempts: 2, baseSeconds: 5, capSeconds: 60)
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.recordIntent()
            harness.standIn.fail(.expiredKey, times: 4)
            for _ in 1...4 {
                #expect(try await harness.fetcher(schedule: schedule).workOnce() == 1)
                #expect(try await harness.store.fetches().gaveUp == 0)
                harness.clock.advance(seconds: 10_000)
            }
            try await harness.fetcher(schedule: schedule).workOnce()
            #expect(try await harness.row()?.paymentMethod?.last4 == "4242")
        }
    }

    @Test func `an answer that no event can be made of is given up, and the rest of the batch is done`()
        async throws
    {
        // 511 levels are an object that can be read; in an event around it they are too many.
        let deep = String(repeating: "[", count: 510) + String(repeating: "]", count: 510)
        try await JobHarness.with { harness in
            let transport = ScriptedTransport([
                "ch_1": #"{"id":"ch_1","object":"charge","deep":\#(deep)}"#, "ch_2": Objects.charge("2"),
            ])
            try await harness.recordIntent("1")
            try await harness.recordIntent("2")
            let key = try StripeSecretKey(JobHarness.key).orThrow
            let fetcher = harness.fetcher(asking: StripeClient(transport: transport, key: key))
            #expect(try await fetcher.workOnce() == 2)
            let work = try await harness.store.fetches()
            #expect(work == FetchSummary(pending: 0, gaveUp: 1, oldestDueAt: nil))
            #expect(try await harness.row("pi_2")?.paymentMethod?.last4 == "4242")
        }
    }

    @Test func `an object with impossible amounts is quarantined, and not fetched again`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge().replacing("\"amount\":2500", with: "\"amount\":-1"))
            try await harness.recordIntent()
            try await harness.fetcher().workOnce()
            let quarantined = try await harness.store.entries(EventQuery(disposition: .quarantined))
            #expect(quarantined?.elements.map(\.source) == [.api])
            #expect(try await harness.store.fetches().pending == 0)
        }
    }

    // MARK: In the midst

    @Test func `the charge that comes by itself meanwhile is not fetched for nothing again`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.recordIntent()
            harness.standIn.fail(.held)
            async let run = harness.fetcher().workOnce()
            await harness.standIn.untilHolding(1)
            try await harness.record(Objects.event("evt_2", type: "charge.succeeded", Objects.charge()))
            harness.standIn.release()
            #expect(try await run == 1)
            #expect(try await harness.row()?.paymentMethod?.last4 == "4242")
            let work = try await harness.store.fetches()
            #expect(work == FetchSummary(pending: 0, gaveUp: 0, oldestDueAt: nil))
        }
    }

    @Test func `a store that closes meanwhile loses nothing`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.recordIntent()
            harness.standIn.fail(.held)
            let run = Task { try await harness.fetcher().workOnce() }
            await harness.standIn.untilHolding(1)
            await harness.store.close()
            harness.standIn.release()
            await #expect(throws: StoreError(.closed, while: "accepting an event")) { try await run.value }
            let error = await #expect(throws: StoreError.self) { try await harness.fetcher().workOnce() }
            #expect(error?.code == .closed)
        }
    }

    @Test func `stopping cancels a request, and its item is due again`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.recordIntent()
            harness.standIn.fail(.held)
            let service = Task { try await harness.fetcher().run() }
            await harness.standIn.untilHolding(1)
            service.cancel()
            try await service.value
            #expect(try await harness.store.fetches().oldestDueAt == harness.clock.now)
            #expect(try await harness.store.job(id: "charge:ch_1")?.attempts == 0)
            harness.standIn.fail(.none)
            harness.standIn.release()
            #expect(try await harness.fetcher().workOnce() == 1)
            #expect(try await harness.row()?.paymentMethod?.last4 == "4242")
        }
    }

    @Test func `no key and no receipt link is in any log`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.recordIntent()
            // A connection that was good before libcurl would try again by itself: cut the first.
            let faults: [Fault] = [
                .down, .rateLimited(reason: nil), .serverError(shouldRetry: nil), .garbage, .wrongObject,
                .expiredKey,
            ]
            for fault in faults {
                harness.standIn.fail(fault, times: 1)
                try await harness.fetcher().workOnce()
                harness.clock.advance(seconds: 10_000)
            }
            try await harness.fetcher().workOnce()
            let log = harness.log.lines
            #expect(log.count >= faults.count + 1, "\(log)")
            for canary in [JobHarness.key, "pay.stripe.com", "4242", "cus_1", "Expired API Key"] {
                #expect(!log.contains { $0.contains(canary) }, "\(canary)")
            }
        }
    }
}
