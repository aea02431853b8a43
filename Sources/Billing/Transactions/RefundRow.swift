extension PaymentGroup {
    /// The row of one refund; `nil` if the refund returned no money.
    func refundRow(_ refund: Known<Refund>, purchases: [Purchase]) -> Transaction? {
        let purchase = purchase(behind: refund.object.reference, among: purchases)
        guard !refund.object.isLapsedAuthorisation else { return nil }
        // The event of the refund may arrive before that of the charge, which shows that no money was paid.
        if let purchase, !purchase.idsOfMoneyBack.contains(refund.object.id) { return nil }

        let charge = linked(.charge, from: refund.object.reference) ?? purchase?.chargeID
        let intent = intentID(behind: refund.object.reference) ?? purchase?.intentID
        let isKnown = charge != nil || intent != nil
        var row = Transaction(
            id: refund.object.id,
            type: .refund,
            status: refund.object.status,
            amount: refund.object.amount,
            amountRefunded: 0,
            currency: refund.object.currency,
            created: refund.object.created,
            customer: purchase?.customer ?? refund.object.customer?.id ?? customer,
            description: refund.object.description,
            paymentMethod: purchase?.paymentMethod,
            paymentIntent: intent,
            charge: charge,
            invoice: purchase?.invoice,
            refund: refund.object.id,
            dispute: nil,
            failure: refund.object.isFinal
                ? refund.object.failureReason.map { .init(code: $0, declineCode: nil, message: nil) } : nil,
            disputed: false,
            livemode: refund.snapshot.livemode,
            account: account,
            receipt: .init(
                available: isKnown && purchase.map { $0.status == .succeeded } ?? true,
                number: refund.object.receiptNumber
            ),
            presentment: refund.object.presentment,
            nextAction: nil,
            reference: refund.object.bankReference,
            amountGone: 0
        )
        row.refundReason = refund.object.reason
        return row
    }
}
