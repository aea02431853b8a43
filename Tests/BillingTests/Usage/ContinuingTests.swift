import Billing
import Testing

/// The meaning of a record that shows only the present, given an earlier record.
struct ContinuingTests {
    private func lease(
        _ price: String,
        _ denomination: Denomination = .uakt,
        created: Int64 = 100,
        more: [LeaseRecord.PriceSegment] = [],
        state: LeaseRecord.State = .active,
        escrowEnd: Int64? = nil,
        asOf: Int64? = 500
    ) throws -> LeaseRecord {
        LeaseRecord(
            identity: LeaseIdentity(
                chainID: "akashnet-2",
                owner: "akash1o",
                dseq: 100,
                gseq: 1,
                oseq: 1,
                bseq: 0,
                provider: "akash1p"
            ),
            prices: [
                .init(
                    fromHeight: created,
                    denomination: denomination,
                    pricePerBlock: try #require(TokenAmount(microUnits: price))
                )
            ] + more,
            createdHeight: created,
            escrowEndHeight: escrowEnd,
            state: state,
            resources: LeaseResources(cpuMilli: 1),
            source: "indexer",
            asOfHeight: asOf
        )
    }

    private func segment(
        _ from: Int64,
        _ price: String,
        _ denomination: Denomination
    ) throws
        -> LeaseRecord.PriceSegment
    {
        .init(
            fromHeight: from,
            denomination: denomination,
            pricePerBlock: try #require(TokenAmount(microUnits: price))
        )
    }

    @Test func `what says the same of a later height says nothing`() throws {
        #expect(try lease("5", asOf: 900).continuing(lease("5"), confirmedAt: 900) == nil)
    }

    @Test func `a changed price applies after the last known height, the old one up to it`()
        throws
    {
        let next = try #require(
            try lease("3", .uact, asOf: 900).continuing(lease("5"), confirmedAt: 700)
        )
        #expect(next.prices == [try segment(100, "5", .uakt), try segment(701, "3", .uact)])
        #expect(
            next.cost(of: 0..<901).amounts == [
                .uakt: try #require(TokenAmount(microUnits: "3005")),
                .uact: try #require(TokenAmount(microUnits: "600")),
            ]
        )
        // A repetition changes nothing, and keeps earlier prices.
        #expect(try lease("3", .uact, asOf: 950).continuing(next, confirmedAt: 900) == nil)
    }

    @Test func `a price without an observation time applies only as it is stated`() throws {
        let next = try #require(try lease("3").continuing(lease("5", asOf: nil), confirmedAt: nil))
        #expect(next.prices == [try segment(100, "3", .uakt)])
    }

    @Test func `a lease with another start has only its own prices`() throws {
        let next = try #require(try lease("3", created: 120).continuing(lease("5"), confirmedAt: 700))
        #expect(next.prices == [try segment(120, "3", .uakt)])
    }

    @Test func `a record that only shows the end of a lease is most exact when it is the first`() throws {
        let known = try lease("5", state: .insufficientFunds, escrowEnd: 600, asOf: 600)
        let later = try lease("5", state: .insufficientFunds, escrowEnd: 800, asOf: 800)
        #expect(later.continuing(known, confirmedAt: 800) == nil)
        #expect(
            try lease("5", asOf: 800).continuing(known, confirmedAt: 800)?.escrowEndHeight == nil,
            "it was paid in again"
        )
    }
}
