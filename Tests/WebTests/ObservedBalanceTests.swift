import Billing
import Testing

/// The balance beside what Console and the chain say it is.
@Suite(.timeLimit(.minutes(5)))
struct ObservedBalanceTests {
    private func observe(_ body: String, _ harness: WebHarness) async throws -> Answer {
        try await harness.send(
            .put(Array(body.utf8)),
            "/v1/balances/observed",
            headers: TestKey.usage.headers
        )
    }

    @Test
    func `the balance says what is available and reserved, what is pending, and by how much it differs`()
        async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliver([
                .charge("ch_1", amount: 2500), .charge("ch_2", amount: 700, status: "pending"),
                .charge("ch_3", amount: 900, currency: "jpy", status: "pending"),
            ])
            let before = try await harness.get("/v1/balance?customer=cus_one").json
            #expect(before["ours"] == "25" && before["pending"] == "7")
            #expect(before["available"] == nil && before["drift"] == nil && before["trial"] == nil)

            let body =
                #"{"customer":"cus_one","available":"20.5","reserved":[{"dseq":"9007199254740993","amount":"3"},"#
                + #"{"dseq":"12","amount":"1.000001"}]}"#
            let answer = try await observe(body, harness)
            let taken = answer.json
            #expect(taken["accepted"] == 1 && taken["changed"] == 1)
            let after = try await harness.get("/v1/balance?customer=cus_one").json
            #expect(after["available"] == "20.5" && after["reserved"] == "4.000001")
            #expect(after["drift"] == "-0.499999" && after["trial"] == false)
            #expect(after["observed_at"] == .integer(harness.clock.now.unixSeconds))
            #expect(after["reserved_by_deployment"]?[1]?["dseq"] == "9007199254740993")
            let (old, new) = (before["balances"], after["balances"])
            #expect(old == new)
            #expect(try await observe(body, harness).json["changed"] == 0)
            #expect(try await harness.get("/v1/balance?customer=cus_two").json["available"] == nil)
        }
    }

    @Test func `a trial is a state`() async throws {
        try await WebHarness.with { harness in
            #expect(
                try await observe(#"{"customer":"cus_one","available":"9.41","trial":true}"#, harness).status
                    == 200
            )
            let balance = try await harness.get("/v1/balance?customer=cus_one").json
            #expect(balance["trial"] == true && balance["available"] == "9.41" && balance["ours"] == "0")
        }
    }

    @Test(arguments: [true, false])
    func `an older observation changes nothing, alone or in the same list`(isAtOnce: Bool) async throws {
        func text(_ at: Int, _ amount: Int) -> String {
            #"{"customer":"cus_one","available":"\#(amount)","observed_at":\#(at)}"#
        }
        let texts = [text(1_773_360_000, 2), text(1_773_350_000, 1)]
        let lists = isAtOnce ? ["[\(texts[0]),\(texts[1])]"] : texts
        try await WebHarness.with { harness in
            for list in lists {
                let answer = try await observe(list, harness)
                #expect(answer.status == 200)
            }
            #expect(try await harness.get("/v1/balance?customer=cus_one").json["available"] == "2")
        }
    }

    @Test(arguments: [
        #""available":"-1""#, #""available":1"#, #""available":"1e3""#, #""available":"1000000000""#,
        #""reserved":[]"#, #""available":"1","reserved":{}"#, #""available":"1","more":1"#,
        #""available":"1","reserved":[{"dseq":12,"amount":"1"}]"#,
        #""available":"1","reserved":[{"dseq":"012","amount":"1"}]"#,
        #""available":"1","reserved":[{"dseq":"12","amount":"1"},{"dseq":"12","amount":"1"}]"#,
        #""available":"1","trial":"yes""#, #""available":"1","observed_at":9999999999"#,
        #""available":"1","observed_at":"noon""#,
    ])
    func `what cannot be is refused`(fields: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await observe("{\"customer\":\"cus_one\",\(fields)}", harness)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(try await harness.get("/v1/balance?customer=cus_one").json["available"] == nil)
        }
    }
}
