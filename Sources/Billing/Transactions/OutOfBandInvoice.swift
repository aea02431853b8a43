extension PaymentGroup {
    /// How an invoice was paid, as far as known.
    enum Settlement {
        case notPaid
        /// The whole amount was paid outside Stripe.
        case accounted
        /// Payments through Stripe are named; those that no event has shown must be fetched.
        case throughStripe
        /// It was paid, but no object shows how.
        case unknown
    }

    func settlement(of invoice: Known<Invoice>) -> Settlement {
        guard invoice.object.isPaid, invoice.object.amountPaid > 0 else { return .notPaid }
        let outside = amountPaidOffStripe(invoice)
        if outside >= invoice.object.amountPaid { return .accounted }
        let reference = invoice.object.reference
        let isPaidThroughStripe =
            linked(.paymentIntent, from: reference) != nil || linked(.charge, from: reference) != nil
            || payments(of: invoice).contains { !$0.object.isOutOfBand }
        return isPaidThroughStripe ? .throughStripe : .unknown
    }

    /// The amount of an invoice that was paid outside Stripe, in minor units; it has no PaymentIntent and no
    /// charge.
    func amountPaidOffStripe(_ invoice: Known<Invoice>) -> Int64 {
        let recorded = payments(of: invoice).filter { $0.object.isOutOfBand && $0.object.isPaid }
        // A record without an amount is from a body without partial payments: it covers the whole invoice.
        let all = invoice.object.isPaid ? invoice.object.amountPaid : 0
        let inRecords = recorded.reduce(Int64(0)) { $0.addingClamped($1.object.amountPaid ?? all) }
        // A partial payment stays paid, whatever happens to the rest
        // (https://docs.stripe.com/invoicing/partial-payments).
        return invoice.object.isPaid ? max(inRecords, invoice.object.amountPaidOffStripe ?? 0) : inRecords
    }

    func payments(of invoice: Known<Invoice>) -> [Known<InvoicePayment>] {
        invoicePayments.filter { $0.object.invoice?.id == invoice.object.id }
    }

    /// The row of the amount that was paid outside Stripe; `nil` if it is 0.
    func outOfBandPurchase(_ invoice: Known<Invoice>) -> Transaction? {
        let amount = amountPaidOffStripe(invoice)
        guard amount > 0 else { return nil }
        return Transaction(
            id: invoice.object.id,
            type: .purchase,
            status: Purchase.Status.succeeded.rawValue,
            amount: amount,
            amountRefunded: 0,
            currency: invoice.object.currency,
            created: invoice.object.created,
            customer: invoice.object.customer?.id,
            description: invoice.object.description,
            paymentMethod: .outOfBand,
            paymentIntent: nil,
            charge: nil,
            invoice: invoice.object.id,
            refund: nil,
            dispute: nil,
            failure: nil,
            disputed: false,
            livemode: invoice.snapshot.livemode,
            account: account,
            receipt: .init(available: true, number: invoice.object.receiptNumber ?? invoice.object.number),
            presentment: nil,
            nextAction: nil,
            reference: nil,
            amountGone: 0
        )
    }
}
