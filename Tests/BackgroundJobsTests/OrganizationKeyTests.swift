import Billing
import Storage
import StripeAPI
import StripeStandIn
import TestSupport
import Testing

@testable import BackgroundJobs

/// With an organisation's key Stripe is asked on behalf of one of its accounts, and of no other.
@Suite(.timeLimit(.minutes(5)))
struct OrganizationKeyTests {
    private static let key = "sk_org_upkeepcanary"

    private static func event(_ context: String?, account: String?) -> String {
        let event = Objects.event("evt_1", Objects.intent(), account: account)
        guard let context else { return event }
        return event.replacing(#""object":"event","#, with: #""object":"event","context":"\#(context)","#)
    }

    @Test(
        arguments: [
            (nil, "acct_1"), ("acct_1", "acct_1"), ("acct_platform/acct_1", "acct_platform/acct_1"),
            ("acct_elsewhere", "acct_1"),
        ] as [(String?, String)]
    )
    func `objects missing from a snapshot event are fetched through the path in its context`(
        context: String?,
        asked: String
    ) async throws {
        try await JobHarness.with(.init(key: Self.key, connectedAccounts: [asked])) { harness in
            try harness.standIn.put(Objects.charge(), account: "acct_1")
            try await harness.record(Self.event(context, account: "acct_1"))
            harness.clock.advance(seconds: 60)
            #expect(try await harness.fetcher().workOnce() == 1)
            #expect(harness.standIn.requests.map(\.context) == [asked])
            #expect(harness.standIn.requests.allSatisfy { $0.account == nil && $0.version != nil })
            #expect(try await harness.store.fetches().gaveUp == 0)
            #expect(try await harness.row()?.account == "acct_1")
        }
    }

    @Test func `a thin event is followed in its whole context`() async throws {
        let context = "acct_platform/acct_1"
        try await JobHarness.with(.init(key: Self.key, connectedAccounts: [context])) { harness in
            try harness.standIn.put(Objects.charge(), account: "acct_1")
            try await harness.record(Objects.thinEvent("evt_thin", context: context))
            harness.clock.advance(seconds: 15)
            #expect(try await harness.fetcher().workOnce() == 1)
            #expect(harness.standIn.requests.map(\.context) == [context, context])
            #expect(try await harness.row()?.account == "acct_1")
        }
    }

    @Test func `of no account nothing is asked, and the work waits for another key`() async throws {
        try await JobHarness.with(.init(key: Self.key)) { harness in
            try await harness.recordIntent()
            #expect(try await harness.fetcher().workOnce() == 1)
            #expect(harness.standIn.requests.isEmpty)
            let work = try await harness.store.fetches()
            #expect(work.pending == 1 && work.gaveUp == 0)
            #expect(harness.log.lines.contains { $0.contains("an organisation's key needs an account") })
        }
    }

    @Test(arguments: [Job.Kind.backfill, .reconciliation])
    func `a run without an account fails with that reason, and none starts by itself`(
        kind: Job.Kind
    ) async throws {
        try await CatchUpHarness.with(key: Self.key) { harness in
            let run = try await harness.perform(kind)
            #expect(run.state == .failed)
            #expect(run.reason?.contains("--account acct_…") == true)
            #expect(harness.standIn.requests.isEmpty)
            #expect(try await harness.worker().beginCatchUp() == false)
            let longAgo = harness.time.now.adding(seconds: -30 * CatchUpHarness.day)
            #expect(try await harness.worker().beginDueReconciliation(startedAt: longAgo) == false)
        }
    }

    @Test func `a run of an account asks on behalf of it`() async throws {
        try await CatchUpHarness.with(key: Self.key) { harness in
            let run = try await harness.perform(.backfill, account: "acct_1")
            #expect(run.state == .completed)
            #expect(!harness.standIn.requests.isEmpty)
            #expect(harness.standIn.requests.allSatisfy { $0.context == "acct_1" })
        }
    }
}
