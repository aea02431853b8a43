import Billing
import Storage
import Testing

/// `GET /v1/work`.
@Suite(.timeLimit(.minutes(5)))
struct WorkTests {
    @Test func `waiting work is counted, and work that was given up is listed with its reason`() async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliver([.refund("re_a", of: "ch_a"), .refund("re_b", of: "ch_b")])
            let before = try await harness.get("/v1/work", key: .ops).json
            #expect(before["pending"]?.integer == 2)
            #expect(before["oldest_due_at"]?.integer == harness.clock.now.unixSeconds + 15)
            #expect(before["given_up"] == .array([]))

            let later = harness.clock.now.adding(seconds: 60)
            let items = try await harness.store.take(.fetch, as: "one", now: later, seconds: 60, limit: 9)
            let item = try #require(items.first { $0.id == "charge:ch_b" })
            let failed = item.left(.failed, reason: "stripe: 404 resource_missing", now: later)
            #expect(try await harness.store.replace(failed) != nil)
            let after = try await harness.get("/v1/work", key: .ops).json
            #expect(after["pending"]?.integer == 1)
            #expect(after["gave_up"]?.integer == 1)
            guard case .array(let listed)? = after["given_up"], let first = listed.first else {
                Issue.record("nothing is listed")
                return
            }
            #expect(listed.count == 1)
            #expect(first["asked"]?.string == "charge")
            #expect(first["object"]?.string == "ch_b")
            #expect(first["attempts"]?.integer == 1)
            #expect(first["reason"]?.string == "stripe: 404 resource_missing")
        }
    }
}
