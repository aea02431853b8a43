extension PaymentGroup {
    /// The row of what a paid invoice gave for its coupons; `nil` when it had none.
    ///
    /// Console lets a customer redeem a coupon by an invoice of its worth that the coupon pays: Stripe then tells of
    /// an invoice that was paid with nothing, and of no payment at all. A coupon that pays a part gives that part.
    func creditRow(_ invoice: Known<Invoice>) -> Transaction? {
        guard invoice.object.isPaid, invoice.object.amountDiscounted > 0 else { return nil }
        return Transaction(
            // The invoice may have been paid outside Stripe too, and its purchase bears its id then.
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
            receipt: .init(available: false, number: nil)
        )
    }
}
