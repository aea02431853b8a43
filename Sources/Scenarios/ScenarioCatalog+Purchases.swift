/// Payments that succeed or fail, and authorisations that are captured later.
extension ScenarioCatalog {
    static let purchases = [
        Scenario("purchase", "A card payment that succeeds at once") { builder in
            builder.begin()
            builder.wait(4)
            builder.pay()
            builder.wait(2)
            builder.settle()
        },
        Scenario("purchase.wallet", "A payment with Apple Pay") { builder in
            builder.begin(.card(brand: "mastercard", last4: "4444", wallet: "apple_pay"))
            builder.wait(4)
            builder.pay()
            builder.wait(2)
            builder.settle()
        },
        Scenario("purchase.guest", "A card payment by a guest who is not a customer", isGuest: true) {
            builder in
            builder.begin()
            builder.wait(4)
            builder.pay()
            builder.wait(2)
            builder.settle()
        },
        Scenario("purchase.3ds", "The bank asks the customer to authenticate, and they do") { builder in
            builder.begin()
            builder.wait(3)
            builder.requireAction()
            builder.wait(40)
            builder.pay()
            builder.wait(2)
            builder.settle()
        },
        Scenario("purchase.3ds-failed", "The bank asks the customer to authenticate, and they do not") {
            builder in
            builder.begin()
            builder.wait(3)
            builder.requireAction()
            builder.wait(300)
            builder.failAction()
        },
        Scenario("purchase.failed", "A card payment that is declined") { builder in
            builder.begin()
            builder.wait(4)
            builder.decline(ChargeBody.Decline.all[1])
        },
        Scenario("purchase.failed-then-succeeded", "Declined, and paid with the second attempt") { builder in
            builder.begin()
            builder.wait(4)
            builder.decline(ChargeBody.Decline.all[3])
            builder.wait(35)
            builder.pay()
            builder.wait(2)
            builder.settle()
        },
        Scenario("purchase.canceled", "A payment that was begun and given up") { builder in
            builder.begin()
            builder.wait(day)
            builder.cancel()
        },
        Scenario("purchase.bank-debit", "A bank debit that takes four days to succeed") { builder in
            builder.begin(.usBankAccount)
            builder.wait(5)
            builder.process()
            builder.wait(4 * day)
            builder.clear()
        },
        Scenario("purchase.bank-debit-failed", "A bank debit that fails after four days") { builder in
            builder.begin(.usBankAccount)
            builder.wait(5)
            builder.process()
            builder.wait(4 * day)
            builder.bounce()
        },
        Scenario("purchase.bank-debit-returned", "A bank debit that succeeds, and is taken back by the bank")
        { builder in
            builder.begin(.sepaDebit)
            builder.wait(5)
            builder.process()
            builder.wait(5 * day)
            builder.clear()
            builder.wait(3 * day)
            builder.returnDebit()
        },
        Scenario("purchase.checkout", "A card payment on the page that Stripe hosts") { builder in
            builder.begin()
            builder.pay()
            builder.completeCheckout()
            builder.wait(2)
            builder.settle()
        },
        Scenario("purchase.checkout-bank-debit", "A bank debit on that page, paid four days later") {
            builder in
            builder.begin(.usBankAccount)
            builder.process()
            builder.completeCheckout()
            builder.wait(4 * day)
            builder.clear()
            builder.finishCheckout()
        },
    ]
}

extension ScenarioCatalog {
    static let captures = [
        Scenario("capture.authorized", "An amount reserved on the card and not yet taken") { builder in
            builder.begin(capturesByHand: true)
            builder.wait(4)
            builder.authorise()
        },
        Scenario("capture.full", "Reserved, and all of it taken an hour later") { builder in
            builder.begin(capturesByHand: true)
            builder.wait(4)
            builder.authorise()
            builder.wait(3600)
            builder.capture(builder.options.amount)
        },
        Scenario("capture.partial", "Reserved, and only part of it taken; the rest is no refund") { builder in
            builder.begin(capturesByHand: true)
            builder.wait(4)
            builder.authorise()
            builder.wait(3600)
            builder.capture(builder.part(60))
        },
        Scenario("capture.canceled", "Reserved, and let go by the merchant") { builder in
            builder.begin(capturesByHand: true)
            builder.wait(4)
            builder.authorise()
            builder.wait(3600)
            builder.release(expired: false)
        },
        Scenario("capture.expired", "Reserved, and let go by Stripe after seven days") { builder in
            builder.begin(capturesByHand: true)
            builder.wait(4)
            builder.authorise()
            builder.wait(7 * day)
            builder.release(expired: true)
        },
    ]
}
