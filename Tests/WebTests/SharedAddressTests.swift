import Testing

/// An address that the account map gives to two customers at the same time.
@Suite(.timeLimit(.minutes(5)))
struct SharedAddressTests {
    private static func account(from: String? = nil, to end: String? = nil) -> String {
        let begin = from.map { #","valid_from":"\#($0)""# } ?? ""
        return #"{"address":"akash1owner"\#(begin)\#(end.map { #","valid_to":"\#($0)""# } ?? "")}"#
    }

    private static func warnings(_ answer: Answer) throws -> [String] {
        try #require(answer.json["warnings"]).array.compactMap(\.string)
    }

    @Test(arguments: [
        (account(from: "2026-03-15", to: "2026-03-17"), "from 2026-03-15 through 2026-03-16"),
        (account(from: "2026-03-01", to: "2026-03-11"), "on 2026-03-10"),
        (account(), "from 2026-03-10 through 2026-03-19"),
        (account(from: "2026-03-20"), nil), (account(to: "2026-03-10"), nil),
    ])
    func `the other customer and the days for which both pay are told`(
        second: String,
        days: String?
    ) async throws {
        try await WebHarness.with { harness in
            let first = Self.account(from: "2026-03-10", to: "2026-03-20")
            for _ in 0..<2 {
                let answer = try await harness.putAccounts(UsageSample.accounts("cus_one", first))
                #expect(try Self.warnings(answer) == [])
            }
            let answer = try await harness.putAccounts(UsageSample.accounts("cus_two", second))
            #expect(answer.status == 200 && answer.json["changed"] == 1)
            let told = days.map {
                ["akash1owner belongs to cus_one too, \($0): both pay for its usage then."]
            }
            #expect(try Self.warnings(answer) == told ?? [])
        }
    }

    @Test func `two customers of one request are told once, and days without an end as such`() async throws {
        try await WebHarness.with { harness in
            let maps = ["cus_one", "cus_two"].map {
                UsageSample.accounts($0, Self.account(from: "2026-03-10"))
            }
            let answer = try await harness.putAccounts(maps.joined(separator: "\n"))
            let told = "akash1owner belongs to cus_two too, from 2026-03-10 on: both pay for its usage then."
            #expect(try Self.warnings(answer) == [told])
            let gone = try await harness.putAccounts(UsageSample.accounts("cus_one", ""))
            #expect(try Self.warnings(gone) == [])
            let alone = try await harness.putAccounts(UsageSample.accounts("cus_two", Self.account()))
            #expect(try Self.warnings(alone) == [])
        }
    }
}
