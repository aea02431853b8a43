/// Invoices, paid or not.
extension ScenarioCatalog {
    static let invoices = [
        Scenario("invoice.paid", "An invoice that is charged to a card") { builder in
            builder.bill()
            builder.payInvoice()
        },
        Scenario("invoice.payment-failed", "An invoice whose charge is declined") { builder in
            builder.bill()
            builder.failInvoice()
        },
        Scenario("invoice.out-of-band", "An invoice that was paid outside Stripe") { builder in
            builder.bill()
            builder.wait(3 * day)
            builder.payInvoiceOutOfBand()
        },
        Scenario("coupon.redeemed", "A coupon that pays the whole of an invoice, and gives its worth") {
            builder in
            builder.redeemCoupon()
        },
        Scenario("subscription.created", "A new customer subscribes and pays the first invoice") { builder in
            builder.emitCustomer()
            builder.wait(30)
            builder.subscribe(renewing: false)
            builder.bill(forSubscription: true)
            builder.payInvoice()
            builder.activateSubscription()
        },
        Scenario("subscription.renewed", "A subscription's next month is charged") { builder in
            builder.subscribe(renewing: true)
            builder.activateSubscription()
            builder.bill(forSubscription: true)
            builder.wait(3600)
            builder.payInvoice()
        },
    ]
}
