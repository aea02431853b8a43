/// Invoices, paid or not.
extension StoryCatalog {
    static let invoices = [
        Scenario("invoice.paid", "An invoice that is charged to a card") { teller in
            teller.bill()
            teller.payInvoice()
        },
        Scenario("invoice.payment-failed", "An invoice whose charge is declined") { teller in
            teller.bill()
            teller.failInvoice()
        },
        Scenario("invoice.out-of-band", "An invoice that was paid outside Stripe") { teller in
            teller.bill()
            teller.wait(3 * day)
            teller.payInvoiceOutOfBand()
        },
        Scenario("coupon.redeemed", "A coupon that pays the whole of an invoice, and gives its worth") {
            teller in
            teller.redeemCoupon()
        },
        Scenario("subscription.created", "A new customer subscribes and pays the first invoice") { teller in
            teller.tellCustomer()
            teller.wait(30)
            teller.subscribe(renewing: false)
            teller.bill(forSubscription: true)
            teller.payInvoice()
            teller.activateSubscription()
        },
        Scenario("subscription.renewed", "A subscription's next month is charged") { teller in
            teller.subscribe(renewing: true)
            teller.activateSubscription()
            teller.bill(forSubscription: true)
            teller.wait(3600)
            teller.payInvoice()
        },
    ]
}
