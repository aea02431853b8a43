extension PaymentGroup {
    /// The first API version that no longer says on the invoice how it was paid.
    private static let basil = "2025-03-31"

    /// The invoices that were paid outside Stripe: no PaymentIntent and no charge will ever tell of them.
    func outOfBandInvoices(purchases: [Purchase]) -> [Known<Invoice>] {
        lazy var paidByPurchases = Set(purchases.filter { $0.status == .succeeded }.compactMap(\.invoice))
        return invoices.filter { invoice in
            // A card that was declined before may have left its PaymentIntent on the invoice.
            settlement(of: invoice) == .outOfBand && !paidByPurchases.contains(invoice.object.id)
        }
    }

    /// How an invoice was paid, as far as we know.
    enum Settlement {
        case notPaid, outOfBand, throughStripe
        /// It was paid, and nothing says with what.
        case unknown
    }

    func settlement(of invoice: Known<Invoice>) -> Settlement {
        guard invoice.object.isPaid, invoice.object.amountPaid > 0 else { return .notPaid }
        let reference = invoice.object.reference
        let payments = payments(of: invoice)
        if invoice.object.paidOutOfBand == true || payments.contains(where: { $0.object.isOutOfBand }) {
            return .outOfBand
        }
        let isPaidThroughStripe =
            linked(.paymentIntent, from: reference) != nil || linked(.charge, from: reference) != nil
            || !payments.isEmpty
        guard !isPaidThroughStripe else { return .throughStripe }
        // Before basil the invoice named its charge, so that naming none meant there was none.
        return invoice.snapshot.apiVersion.map { $0 < Self.basil } ?? false ? .outOfBand : .unknown
    }

    func payments(of invoice: Known<Invoice>) -> [Known<InvoicePayment>] {
        invoicePayments.filter { $0.object.invoice?.id == invoice.object.id }
    }

    /// The row of an invoice that was paid outside Stripe.
    func outOfBandPurchase(_ invoice: Known<Invoice>) -> Transaction {
        Transaction(
            id: invoice.object.id,
            type: .purchase,
            status: Purchase.Status.succeeded.rawValue,
            amount: invoice.object.amountPaid,
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
