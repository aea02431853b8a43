import StripeAPI
import StripeStandIn
import Testing
import BackgroundJobs

/// The requests of a job to Stripe carry a trace, one for each piece of work.
@Suite(.timeLimit(.minutes(5)))
struct TracingTests {
    @Test func `each object that is fetched is a trace of its own`() async throws {
        try await JobHarness.with { harness in
            for number in 1...3 {
                try harness.standIn.put(Objects.charge("\(number)"))
                try await harness.recordIntent("\(number)")
            }
            #expect(try await harness.fetcher().workOnce() == 3)
            let parents = harness.standIn.requests.map { $0.traceparent ?? "" }
            #expect(parents.count == 3)
            for parent in parents { #expect(parent.wholeMatch(of: /00-[0-9a-f]{32}-[0-9a-f]{16}-00/) != nil) }
            #expect(Set(parents.map { $0.dropFirst(3).prefix(32) }).count == 3)
        }
    }
}
