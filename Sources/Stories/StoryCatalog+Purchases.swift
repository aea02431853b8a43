/// Payments that succeed or fail, and authorisations that are captured later.
extension StoryCatalog {
    static let purchases = [
        Scenario("purchase", "A card payment that succeeds at once") { teller in
            teller.begin()
            teller.wait(4)
            teller.pay()
            teller.wait(2)
            teller.settle()
        },
        Scenario("purchase.wallet", "A payment with Apple Pay") { teller in
            teller.begin(.card(brand: "mastercard", last4: "4444", wallet: "apple_pay"))
            teller.wait(4)
            teller.pay()
            teller.wait(2)
            teller.settle()
        },
        Scenario("purchase.guest", "A card payment by somebody who is no customer yet", isGuest: true) {
            teller in
            teller.begin()
            teller.wait(4)
            teller.pay()
            teller.wait(2)
            teller.settle()
        },
        Scenario("purchase.3ds", "The bank asks the customer to authenticate, and they do") { teller in
            teller.begin()
            teller.wait(3)
            teller.requireAction()
            teller.wait(40)
            teller.pay()
            teller.wait(2)
            teller.settle()
        },
        Scenario("purchase.3ds-failed", "The bank asks the customer to authenticate, and they do not") {
            teller in
            teller.begin()
            teller.wait(3)
            teller.requireAction()
            teller.wait(300)
            teller.failAction()
        },
        Scenario("purchase.failed", "A card payment that is declined") { teller in
            teller.begin()
            teller.wait(4)
            teller.decline(ChargeBody.Decline.all[1])
        },
        Scenario("purchase.failed-then-succeeded", "Declined, and paid with the second attempt") { teller in
            teller.begin()
            teller.wait(4)
            teller.decline(ChargeBody.Decline.all[3])
            teller.wait(35)
            teller.pay()
            teller.wait(2)
            teller.settle()
        },
        Scenario("purchase.canceled", "A payment that was begun and given up") { teller in
            teller.begin()
            teller.wait(day)
            teller.cancel()
        },
        Scenario("purchase.bank-debit", "A bank debit that takes four days to succeed") { teller in
            teller.begin(.usBankAccount)
            teller.wait(5)
            teller.process()
            teller.wait(4 * day)
            teller.clear()
        },
        Scenario("purchase.bank-debit-failed", "A bank debit that fails after four days") { teller in
            teller.begin(.usBankAccount)
            teller.wait(5)
            teller.process()
            teller.wait(4 * day)
            teller.bounce()
        },
        Scenario("purchase.bank-debit-returned", "A bank debit that succeeds, and is taken back by the bank")
        { teller in
            teller.begin(.sepaDebit)
            teller.wait(5)
            teller.process()
            teller.wait(5 * day)
            teller.clear()
            teller.wait(3 * day)
            teller.returnDebit()
        },
        Scenario("purchase.checkout", "A card payment on the page that Stripe hosts") { teller in
            teller.begin()
            teller.pay()
            teller.completeCheckout()
            teller.wait(2)
            teller.settle()
        },
        Scenario("purchase.checkout-bank-debit", "A bank debit on that page, paid four days later") {
            teller in
            teller.begin(.usBankAccount)
            teller.process()
            teller.completeCheckout()
            teller.wait(4 * day)
            teller.clear()
            teller.finishCheckout()
        },
    ]
}

extension StoryCatalog {
    static let captures = [
        Scenario("capture.authorized", "An amount reserved on the card and not yet taken") { teller in
            teller.begin(capturesByHand: true)
            teller.wait(4)
            teller.authorise()
        },
        Scenario("capture.full", "Reserved, and all of it taken an hour later") { teller in
            teller.begin(capturesByHand: true)
            teller.wait(4)
            teller.authorise()
            teller.wait(3600)
            teller.capture(teller.options.amount)
        },
        Scenario("capture.partial", "Reserved, and only part of it taken; the rest is no refund") { teller in
            teller.begin(capturesByHand: true)
            teller.wait(4)
            teller.authorise()
            teller.wait(3600)
            teller.capture(teller.part(60))
        },
        Scenario("capture.canceled", "Reserved, and let go by the merchant") { teller in
            teller.begin(capturesByHand: true)
            teller.wait(4)
            teller.authorise()
            teller.wait(3600)
            teller.release(expired: false)
        },
        Scenario("capture.expired", "Reserved, and let go by Stripe after seven days") { teller in
            teller.begin(capturesByHand: true)
            teller.wait(4)
            teller.authorise()
            teller.wait(7 * day)
            teller.release(expired: true)
        },
    ]
}
