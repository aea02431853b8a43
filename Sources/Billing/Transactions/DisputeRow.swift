extension PaymentGroup {
    /// The row of one dispute.
    func disputeRow(_ dispute: Known<Dispute>, purchases: [Purchase]) -> Transaction {
        let purchase = purchase(behind: dispute.object.reference, among: purchases)
        let charge = linked(.charge, from: dispute.object.reference) ?? purchase?.chargeID
        let intent = intentID(behind: dispute.object.reference) ?? purchase?.intentID
        return Transaction(
            id: dispute.object.id,
            type: .dispute,
            status: dispute.object.status,
            amount: dispute.object.amount,
            amountRefunded: 0,
            currency: dispute.object.currency,
            created: dispute.object.created,
            customer: purchase?.customer ?? customer,
            description: nil,
            paymentMethod: purchase?.paymentMethod,
            paymentIntent: intent,
            charge: charge,
            invoice: purchase?.invoice,
            refund: nil,
            dispute: dispute.object.id,
            failure: nil,
            disputed: true,
            livemode: dispute.snapshot.livemode,
            account: account,
            receipt: .init(
                available: (charge != nil || intent != nil)
                    && purchase.map { $0.status == .succeeded } ?? true,
                number: nil
            ),
            presentment: nil,
            nextAction: nil,
            reference: nil,
            amountGone: dispute.object.amountGone
        )
    }
}
