import Testing

@testable import Billing

/// The differences between a row and Stripe's state.
struct DriftTests {
    private func row(
        _ id: String = "pi_1",
        status: String = "succeeded",
        refunded: Int64 = 0,
        charge: String? = "ch_1",
        description: String? = nil
    ) -> Transaction {
        Transaction(
            id: id,
            type: .purchase,
            status: status,
            amount: 2500,
            amountRefunded: refunded,
            currency: Currency("usd"),
            created: Instant(unixSeconds: 1),
            customer: "cus_1",
            description: description,
            paymentMethod: nil,
            paymentIntent: id,
            charge: charge,
            invoice: nil,
            refund: nil,
            dispute: nil,
            failure: nil,
            disputed: false,
            livemode: false,
            account: nil,
            receipt: .init(available: true, number: nil),
            presentment: nil,
            nextAction: nil,
            reference: nil,
            amountGone: 0
        )
    }

    @Test func `rows that agree in what money hangs on do not differ`() {
        #expect(Drift.between(row(), row()) == [])
        #expect(Drift.between(row(description: "one"), row(description: "other")) == [])
        #expect(Drift.between(nil, nil) == [])
    }

    @Test func `each field that differs is named, with both values`() {
        let drift = Drift.between(row(), row(status: "failed", refunded: 5))
        #expect(drift.map(\.field) == ["status", "amount_refunded"])
        #expect(drift.map(\.ours) == ["succeeded", "0"])
        #expect(drift.map(\.theirs) == ["failed", "5"])
        #expect(drift.allSatisfy { $0.kind == .differs && $0.id == "pi_1" })
    }

    @Test func `a row that only one side has is missing on the other`() {
        #expect(Drift.between(nil, row()).map(\.kind) == [.missingHere])
        #expect(Drift.between(row(), nil).map(\.kind) == [.missingAtStripe])
    }

    @Test func `a payment that was never tried is not missed`() {
        #expect(Drift.between(nil, row(status: "pending", charge: nil)) == [])
        #expect(Drift.between(nil, row(status: "canceled", charge: nil)) == [])
        #expect(Drift.between(nil, row(status: "failed", charge: nil)).count == 1)
        #expect(Drift.between(nil, row(status: "pending", charge: "ch_1")).count == 1)
    }
}
