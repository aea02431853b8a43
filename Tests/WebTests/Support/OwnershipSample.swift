import Testing

/// The owners: `cus_one` has `ch_a` and `akash1the0wnerygferu`, and `akash1m0vedn0w50hc9j` from the 13th on; `cus_two` has
/// `ch_c` and `akash1an0ther0hra0rx`, had `akash1m0vedn0w50hc9j` until then, and `akash1f0rmerlyvmmf44`, which now has no owner.
enum OwnershipSample {
    static func deliver(to harness: WebHarness) async throws {
        try await harness.deliver(FeedSample.events)
        let leases =
            UsageSample.leases.dropLast()
            + ["akash1f0rmerlyvmmf44", "akash1m0vedn0w50hc9j"].enumerated().map { index, owner in
                "," + UsageSample.lease(10 + index, owner: owner, created: 1_000_000, price: "11")
            }.joined() + "]"
        #expect(try await harness.putLeases(String(leases)).status == 200)
        let calendar = Array(UsageSample.calendar.utf8)
        #expect(try await harness.post("/v1/usage/calendar", calendar, key: .usage).status == 200)
        for (customer, list) in [
            (
                "cus_one",
                #"{"address":"akash1the0wnerygferu"},{"address":"akash1m0vedn0w50hc9j","valid_from":"2026-03-13"}"#
            ),
            (
                "cus_two",
                #"{"address":"akash1an0ther0hra0rx"},{"address":"akash1m0vedn0w50hc9j","valid_to":"2026-03-13"},"#
                    + #"{"address":"akash1f0rmerlyvmmf44","valid_to":"2026-03-13"}"#
            ),
        ] {
            #expect(try await harness.putAccounts(UsageSample.accounts(customer, list)).status == 200)
        }
    }

    /// The same request for an id without an owner.
    static func aboutNobody(_ path: String) -> String {
        path.replacing("cus_two", with: "cus_none").replacing("ch_c", with: "ch_none")
            .replacing("pi_c", with: "pi_none").replacing(
                /akash1(an0|f0r)[0-9a-z]+/,
                with: "akash1n0ne0wnstaf098"
            )
    }
}
