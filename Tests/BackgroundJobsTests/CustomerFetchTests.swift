import Billing
import Storage
import StripeAPI
import TestSupport
import Testing
import BackgroundJobs

/// Customers that no event showed are fetched from Stripe.
@Suite(.timeLimit(.minutes(5)))
struct CustomerFetchTests {
    private static let uuid = "5b2c0f0e-3c1d-4a7e-9a50-1f2e3d4c5b6a"

    private static func customer(_ id: String, secondsAgo: Int64 = 0) -> String {
        #"{"id":"\#(id)","object":"customer","created":\#(CatchUpHarness.start - secondsAgo),"livemode":false,"#
            + #""metadata":{"userId":"\#(uuid)"}}"#
    }

    private func found(in store: any Store) async throws -> [String] {
        guard let user = Identity(.user, Self.uuid) else { return [] }
        return try await store.customers(of: user).map(\.customer)
    }

    @Test func `a customer that a payment names is fetched, and its user sees the payment`() async throws {
        try await JobHarness.with(asksForCustomers: true) { harness in
            try harness.standIn.put(Objects.charge())
            try harness.standIn.put(Self.customer("cus_1"))
            try await harness.recordIntent()
            #expect(try await found(in: harness.store) == [])
            #expect(try await harness.fetcher().workOnce() == 2)
            #expect(harness.standIn.count("GET /v1/customers/:id") == 1)
            #expect(try await found(in: harness.store) == ["cus_1"])
            #expect(try await harness.store.fetches().pending == 0)
            // Another payment of the same customer fetches nothing.
            try harness.standIn.put(Objects.charge("2"))
            try await harness.recordIntent("2")
            try await harness.fetcher().workOnce()
            #expect(harness.standIn.count("GET /v1/customers/:id") == 1)
        }
    }

    @Test func `a backfill reads the list of customers before the payments`()
        async throws
    {
        try await CatchUpHarness.with(asksForCustomers: true) { harness in
            let ago = 50 * CatchUpHarness.day
            try harness.standIn.put(Paid.intent(1, secondsAgo: ago))
            try harness.standIn.put(Paid.charge(1, secondsAgo: ago))
            for id in ["cus_1", "cus_2"] {
                try harness.standIn.put(Self.customer(id, secondsAgo: ago + 60))
            }
            let run = try await harness.perform(.backfill, days: 60)
            #expect(run.state == .completed && run.reached?.problems == [])
            #expect(try await found(in: harness.store) == ["cus_1", "cus_2"])
            #expect(try await harness.rows.map(\.id) == ["pi_1"])
            // The list showed the customer before the payment named it.
            #expect(try await harness.store.fetches().pending == 0)
            let again = try await harness.perform(.backfill, days: 60)
            #expect(again.reached?.recorded == 0)
        }
    }

    @Test func `customers of a connected account are not listed`() async throws {
        try await CatchUpHarness.with { harness in
            try await harness.perform(.backfill, days: 60, account: "acct_1")
            #expect(harness.standIn.count("GET /v1/customers") == 0)
            try await harness.perform(.backfill, days: 60)
            #expect(harness.standIn.count("GET /v1/customers") == 1)
        }
    }
}
