import Billing
import Testing

/// `GET /v1/transactions/{id}`.
@Suite(.timeLimit(.minutes(5)))
struct TransactionDetailTests {
    /// A payment that was declined once before it succeeded, and events that have nothing to do with it.
    private static let story: [MadeEvent] = [
        attempt(
            "ch_first",
            status: "failed",
            at: 100,
            [
                "failure_code": "card_declined", "failure_message": "Your card was declined.",
            ]
        ),
        .charge("ch_other"),
        attempt("ch_second", status: "succeeded", at: 160, [:]),
        MadeEvent(
            "payment_intent.succeeded",
            id: "evt_intent",
            created: at(161),
            object: [
                "id": "pi_story", "object": "payment_intent", "amount": 2500, "amount_received": 2500,
                "created": at(90).unixSeconds, "currency": "usd", "customer": "cus_one", "livemode": false,
                "status": "succeeded", "latest_charge": "ch_second",
            ]
        ),
    ]

    private static func at(_ seconds: Int64) -> Instant { FeedSample.ago(3600).adding(seconds: seconds) }

    private static func attempt(
        _ id: String,
        status: String,
        at seconds: Int64,
        _ extra: [String: any Sendable]
    ) -> MadeEvent {
        .charge(
            id,
            status: status,
            created: at(seconds),
            extra: extra.merging(["payment_intent": "pi_story"]) { $1 }
        )
    }

    @Test func `the attempts behind a purchase are there, oldest first`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.story)
            let attempts = try await harness.get("/v1/transactions/pi_story").json["attempts"]
            #expect(attempts?.array.map { $0["charge"] } == ["ch_first", "ch_second"])
            #expect(attempts?.array.map { $0["status"] } == ["failed", "succeeded"])
            #expect(attempts?[0]?["failure"]?["code"] == "card_declined")
            #expect(attempts?[1]?["failure"] == .null)
            #expect(attempts?[1]?["payment_method"]?["label"] == "Visa •••• 4242")
        }
    }

    @Test func `the events behind a row are there in the order they came, and no others`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.story)
            let events = try await harness.get("/v1/transactions/pi_story").json["events"]
            #expect(
                events?.array.compactMap(\.string) == [Self.story[0], Self.story[2], Self.story[3]].map(\.id)
            )
        }
    }

    @Test func `the detail is the list's row and more`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.story)
            let row = try #require(try await harness.get("/v1/transactions?q=pi_story").rows.first)
            let detail = try await harness.get("/v1/transactions/pi_story").json
            #expect(detail.names == row.names.union(["attempts", "events"]))
            for name in row.names { #expect(detail[name] == row[name]) }
        }
    }

    @Test func `an id of characters that a path cannot hold is found in its encoding`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_a/b?c%41")])
            let answer = try await harness.get("/v1/transactions/ch_a%2Fb%3Fc%2541")
            #expect(answer.json["id"] == "ch_a/b?c%41")
        }
    }

    @Test(arguments: ["ch_nobody", "%2e%2e", "ch_other%00", "%ff", "%zz", "ch_other%20", "CH_OTHER"])
    func `what does not exist is not found`(id: String) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.story)
            let answer = try await harness.get("/v1/transactions/\(id)")
            #expect(answer.status == 404)
            #expect(answer.errorCode == "resource_missing")
        }
    }

    @Test func `a parameter there is none of is refused`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.story)
            let answer = try await harness.get("/v1/transactions/pi_story?expand=events")
            #expect(answer.errorCode == "parameter_unknown")
        }
    }
}
