import Testing

/// The owners: `cus_one` has `ch_a` and `akash1owner`, and `akash1moved` from the 13th on; `cus_two` has
/// `ch_c` and `akash1other`, had `akash1moved` until then, and `akash1former`, which now has no owner.
enum OwnershipSample {
    static func deliver(to harness: WebHarness) async throws {
        try await harness.deliver(FeedSample.events)
        let leases =
            UsageSample.leases.dropLast()
            + ["akash1former", "akash1moved"].enumerated().map { index, owner in
                "," + UsageSample.lease(10 + index, owner: owner, created: 1_000_000, price: "11")
            }.joined() + "]"
        #expect(try await harness.putLeases(String(leases)).status == 200)
        let calendar = Array(UsageSample.calendar.utf8)
        #expect(try await harness.post("/v1/usage/calendar", calendar, key: .usage).status == 200)
        for (customer, list) in [
            (
                "cus_one",
                #"{"address":"akash1owner"},{"address":"akash1moved","valid_from":"2026-03-13"}"#
            ),
            (
                "cus_two",
                #"{"address":"akash1other"},{"address":"akash1moved","valid_to":"2026-03-13"},"#
                    + #"{"address":"akash1former","valid_to":"2026-03-13"}"#
            ),
        ] {
            #expect(try await harness.putAccounts(UsageSample.accounts(customer, list)).status == 200)
        }
    }

    /// The same request for an id without an owner.
    static func aboutNobody(_ path: String) -> String {
        path.replacing("cus_two", with: "cus_none").replacing("ch_c", with: "ch_none")
            .replacing("pi_c", with: "pi_none").replacing(/akash1(other|former)/, with: "akash1none")
    }
}
