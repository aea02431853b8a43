import Billing
import StripeAPI
import StripeStandIn
import Testing
import BackgroundJobs

/// A PaymentIntent as Stripe has it now, for a person who waits.
@Suite(.timeLimit(.minutes(5)))
struct PaymentIntentFetcherTests {
    private func withFetcher(
        _ body: (PaymentIntentFetcher, StripeStandIn) async throws -> Void
    ) async throws {
        try await StripeStandIn.with(.init(key: JobHarness.key)) { standIn in
            try standIn.put(Objects.intent())
            try await withStripe(standIn) { try await body(PaymentIntentFetcher(stripe: $0), standIn) }
        }
    }

    @Test func `it is asked for alone, in the account that it belongs to`() async throws {
        try await withFetcher { fetcher, standIn in
            try standIn.put(Objects.intent("2"), account: "acct_1")
            let intent = try await fetcher.freshIntent("pi_2", account: "acct_1")
            #expect(intent.id == "pi_2" && intent.status == .succeeded)
            #expect(intent.latestCharge?.object == nil)
            #expect(standIn.requests.map(\.account) == ["acct_1"])
            #expect(standIn.requests.map(\.target) == ["/v1/payment_intents/pi_2"])
        }
    }

    @Test func `a waiting step is returned with its URL`() async throws {
        try await withFetcher { fetcher, standIn in
            let page = "https://hooks.stripe.com/x"
            let waiting = """
                "status":"requires_action",
                "next_action":{"type":"redirect_to_url","redirect_to_url":{"url":"\(page)"}}
                """
            try standIn.put(Objects.intent("3").replacing(#""status":"succeeded""#, with: waiting))
            let intent = try await fetcher.freshIntent("pi_3", account: nil)
            #expect(intent.status == .requiresAction)
            #expect(intent.nextAction == NextAction(type: "redirect_to_url", url: page))
        }
    }

    @Test(
        arguments: [
            (.rateLimited(reason: "global-rate"), "429"), (.expiredKey, "401"),
            (.garbage, "not a JSON object"), (.wrongObject, "something else"), (.down, "connection"),
        ] as [(Fault, String)]
    )
    func `a failure has its reason, and the next click tries again`(
        fault: Fault,
        words: String
    ) async throws {
        try await withFetcher { fetcher, standIn in
            standIn.fail(fault, times: 1)
            let failure = await #expect(throws: PaymentIntentUnavailable.self) {
                try await fetcher.freshIntent("pi_1", account: nil)
            }
            #expect(failure?.reason.contains(words) == true, "\(failure?.reason ?? "")")
            let again = try await fetcher.freshIntent("pi_1", account: nil)
            #expect(again.id == "pi_1")
        }
    }
}
