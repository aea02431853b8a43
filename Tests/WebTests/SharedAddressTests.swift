import Testing

/// An address that would belong to two customers at the same time, or that changes hands within a day.
@Suite(.timeLimit(.minutes(5)))
struct SharedAddressTests {
    private static func account(from: String? = nil, to end: String? = nil) -> String {
        let begin = from.map { #","valid_from":"\#($0)""# } ?? ""
        return #"{"address":"akash1the0wnerygferu"\#(begin)\#(end.map { #","valid_to":"\#($0)""# } ?? "")}"#
    }

    @Test(arguments: [
        (account(from: "2026-03-15", to: "2026-03-17"), "from 2026-03-15 through 2026-03-16"),
        (account(from: "2026-03-01", to: "2026-03-11"), "on 2026-03-10"),
        (account(), "from 2026-03-10 through 2026-03-19"),
        (account(from: "2026-03-20"), nil), (account(to: "2026-03-10"), nil),
    ])
    func `a second customer of the same days is refused, with the first and the days`(
        second: String,
        days: String?
    ) async throws {
        try await WebHarness.with { harness in
            let first = Self.account(from: "2026-03-10", to: "2026-03-20")
            for _ in 0..<2 {
                #expect(try await harness.putAccounts(UsageSample.accounts("cus_one", first)).status == 200)
            }
            let other = UsageSample.accounts("cus_other", #"{"address":"akash1an0ther0hra0rx"}"#)
            let answer = try await harness.putAccounts(
                other + "\n" + UsageSample.accounts("cus_two", second)
            )
            guard let days else {
                #expect(answer.status == 200 && answer.json["changed"] == 2)
                return
            }
            #expect(answer.status == 409 && answer.errorCode == "address_conflict")
            #expect(
                answer.text.contains("akash1the0wnerygferu would belong to cus_one and to cus_two \(days).")
            )
            // The other customer of the request is as new as before.
            let alone = try await harness.putAccounts(other)
            #expect(alone.json["changed"] == 1)
        }
    }

    @Test func `an address is handed over in one request`() async throws {
        try await WebHarness.with { harness in
            #expect(
                try await harness.putAccounts(UsageSample.accounts("cus_one", Self.account())).status == 200
            )
            let after = UsageSample.accounts("cus_two", Self.account(from: "2026-03-10"))
            #expect(try await harness.putAccounts(after).status == 409)
            let before = UsageSample.accounts("cus_one", Self.account(to: "2026-03-10"))
            let both = try await harness.putAccounts(after + "\n" + before)
            #expect(both.status == 200 && both.json["changed"] == 2)
        }
    }

    @Test(arguments: [
        ("valid_from", "2026-03-10T12:00:00Z"), ("valid_to", "2026-03-10T00:00:01Z"),
        ("valid_to", "2026-03-09T23:59:59Z"),
    ])
    func `a handover within a day is refused, and nothing is stored`(
        member: String,
        time: String
    ) async throws {
        try await WebHarness.with { harness in
            let account = #"{"address":"akash1the0wnerygferu","\#(member)":"\#(time)"}"#
            let answer = try await harness.putAccounts(UsageSample.accounts("cus_one", account))
            #expect(answer.status == 400 && answer.text.contains("midnight UTC"), "\(answer.text)")
            #expect(answer.text.contains(member))
        }
    }

    @Test(arguments: ["2026-03-10T00:00:00Z", "2026-03-10"])
    func `midnight in UTC is taken however it is written`(time: String) async throws {
        try await WebHarness.with { harness in
            let first = UsageSample.accounts("cus_one", Self.account(to: time))
            let second = UsageSample.accounts("cus_two", Self.account(from: "2026-03-10"))
            let answer = try await harness.putAccounts("\(first)\n\(second)")
            #expect(answer.status == 200)
        }
    }
}
