extension PaymentGroup {
    /// How an invoice was paid, as far as we know.
    enum Settlement {
        case notPaid
        /// All of it is accounted for: by what was paid outside Stripe, and by payments that are known.
        case accounted
        /// Payments through Stripe are named; those that were never shown are to be asked for.
        case throughStripe
        /// It was paid, and nothing says with what.
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

    /// What was paid of an invoice outside Stripe, in minor units: no PaymentIntent and no charge ever tells of it.
    func amountPaidOffStripe(_ invoice: Known<Invoice>) -> Int64 {
        let recorded = payments(of: invoice).filter { $0.object.isOutOfBand && $0.object.isPaid }
        // A record without an amount is one of bodies that had no parts: it paid all.
        let all = invoice.object.isPaid ? invoice.object.amountPaid : 0
        let inRecords = recorded.reduce(Int64(0)) { $0.addingClamped($1.object.amountPaid ?? all) }
        // A part stays paid, whatever becomes of the rest (https://docs.stripe.com/invoicing/partial-payments).
        return invoice.object.isPaid ? max(inRecords, invoice.object.amountPaidOffStripe ?? 0) : inRecords
    }

    func payments(of invoice: Known<Invoice>) -> [Known<InvoicePayment>] {
        invoicePayments.filter { $0.object.invoice?.id == invoice.object.id }
    }

    /// The row of what was paid of an invoice outside Stripe; `nil` when nothing was.
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
            receipt: .init(available: true, number: invoice.object.receiptNumber ?? invoice.object.number)
        )
    }
}
