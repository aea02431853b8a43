import Testing

@testable import StripeAPI

/// The documented API versions that our calls need.
struct LeastVersionTests {
    @Test(arguments: LeastVersion.all)
    func `each has a version that is one, and Stripe's own page as its source`(least: LeastVersion) {
        #expect(StripeAPIVersion(least.version.text) == least.version)
        #expect(least.source.hasPrefix("https://docs.stripe.com/changelog/"))
        #expect(least.source.contains(least.version.text.prefix(10)))
        #expect(
            !StripeAPIVersion.pinned.isOlder(than: least.version),
            "the pinned version is new enough for all"
        )
    }

    @Test func `the floor is the newest that the service cannot do without`() {
        #expect(LeastVersion.floor.call == "GET /v1/invoice_payments?created")
        let optional = LeastVersion.all.filter { LeastVersion.floor.version.isOlder(than: $0.version) }
        #expect(Set(optional.map(\.version.text)) == ["2026-07-29.dahlia", "2026-09-30.endive"])
        #expect(optional.allSatisfy { $0.withoutIt != nil })
    }

    @Test(arguments: [
        ("2025-11-16.clover", "2025-11-17.clover", true), ("2025-11-17.clover", "2025-11-17.clover", false),
        ("2025-11-18.clover", "2025-11-17.clover", false), ("2025-12-01.acacia", "2026-01-01.acacia", true),
        ("2025-11-17.preview", "2025-11-17.clover", false),
    ])
    func `one is older by its date`(one: String, other: String, isOlder: Bool) throws {
        let (one, other) = (try #require(StripeAPIVersion(one)), try #require(StripeAPIVersion(other)))
        #expect(one.isOlder(than: other) == isOlder)
    }
}
