import Billing

/// Actions on invoices and subscriptions.
extension ScenarioBuilder {
    /// An invoice is created and finalized.
    mutating func bill(forSubscription: Bool = false, coupon: String? = nil) {
        invoice = InvoiceBody(
            id: ids.ofAccount("in"),
            number: "\(random.letters(8).uppercased())-0001",
            token: random.letters(40),
            amount: options.amount,
            currency: options.currency,
            customer: customer,
            created: now,
            subscription: forSubscription ? subscription?.id : nil
        )
        invoice?.coupon = coupon
        subscription?.invoice = invoice?.id
        emitInvoice("created")
        invoice?.status = .open
        emitInvoice("finalized")
    }

    /// The invoice is charged, and the charge succeeds.
    mutating func payInvoice() {
        begin()
        pay()
        guard let intent else { return }
        markPaid(charge: charges.last?.id)
        emitInvoice("updated")
        emitInvoice("paid")
        emitInvoice("payment_succeeded")
        settle()
        guard !shape.isBeforeBasil else { return }
        wait(15)
        emitInvoicePayment(by: .intent(intent.id))
    }

    /// The invoice is charged, and the charge is declined.
    mutating func failInvoice() {
        begin()
        decline(ChargeBody.Decline.all[1])
        invoice?.attempts += 1
        invoice?.charge = charges.last?.id
        emitInvoice("updated")
        emitInvoice("payment_failed")
    }

    /// The customer redeems a coupon that covers the whole invoice.
    mutating func redeemCoupon() {
        bill(coupon: ids.make("di"))
        markPaid(charge: nil)
        emitInvoice("updated")
        emitInvoice("paid")
        emitInvoice("payment_succeeded")
    }

    /// The merchant marks the invoice as paid by other means.
    mutating func payInvoiceOutOfBand() {
        markPaid(charge: nil)
        invoice?.isPaidOutOfBand = true
        emitInvoice("updated")
        // Stripe does not send `invoice.payment_succeeded` for payments outside Stripe.
        emitInvoice("paid")
        guard !shape.isBeforeBasil else { return }
        wait(15)
        emitInvoicePayment(by: .record(ids.ofAccount("pr")))
    }

    /// A subscription begins, or is renewed.
    mutating func subscribe(renewing: Bool) {
        subscription = SubscriptionBody(
            id: ids.ofAccount("sub"),
            customer: customer,
            currency: options.currency,
            created: renewing ? now.adding(seconds: -30 * 86_400) : now,
            item: ids.make("si"),
            invoice: nil,
            status: renewing ? "active" : "incomplete"
        )
        if !renewing { emitSubscription("created") }
    }

    mutating func activateSubscription() {
        subscription?.status = "active"
        emitSubscription("updated")
    }

    private mutating func emitSubscription(_ change: String) {
        guard let subscription else { return }
        emit("customer.subscription.\(change)") { _ in subscription.json }
    }

    private mutating func markPaid(charge: String?) {
        invoice?.status = .paid
        invoice?.paidAt = now
        invoice?.attempts += 1
        invoice?.charge = charge
    }

    private mutating func emitInvoice(_ change: String) {
        guard let invoice else { return }
        let expansions = expansions()
        emit("invoice.\(change)") { invoice.json($0, expanding: expansions) }
    }

    private mutating func emitInvoicePayment(by means: InvoicePaymentBody.Means) {
        guard let invoice else { return }
        let payment = InvoicePaymentBody(
            id: ids.ofAccount("inpay"),
            invoice: invoice.id,
            amount: invoice.amount,
            currency: invoice.currency,
            created: now,
            means: means
        )
        let expansions = expansions()
        emit("invoice_payment.paid", cause: .later) { _ in payment.json(expanding: expansions) }
    }
}
