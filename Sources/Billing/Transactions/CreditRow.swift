extension PaymentGroup {
    /// The row for the coupons of a paid invoice; `nil` if it had none.
    ///
    /// Console redeems a coupon with an invoice of the coupon's value, which the coupon pays in full. Stripe
    /// then reports an invoice that was paid with 0, and no payment. A coupon that pays a part is a credit of
    /// that part.
    func creditRow(_ invoice: Known<Invoice>) -> Transaction? {
        guard invoice.object.isPaid, invoice.object.amountDiscounted > 0 else { return nil }
        return Transaction(
            // If the invoice was also paid outside Stripe, its purchase has the invoice's id.
            id: invoice.object.id + "_credit",
            type: .credit,
            status: "granted",
            amount: invoice.object.amountDiscounted,
            amountRefunded: 0,
            currency: invoice.object.currency,
            created: invoice.object.created,
            customer: invoice.object.customer?.id ?? customer,
            description: invoice.object.description ?? "Coupon",
            paymentMethod: nil,
            paymentIntent: nil,
            charge: nil,
            invoice: invoice.object.id,
            refund: nil,
            dispute: nil,
            failure: nil,
            disputed: false,
            livemode: invoice.snapshot.livemode,
            account: account,
            receipt: .init(available: false, number: nil),
            presentment: nil,
            nextAction: nil,
            reference: nil,
            amountGone: 0
        )
    }
}
