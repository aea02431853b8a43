package import Billing

/// A named course of a payment.
package struct Scenario: Sendable {
    package let name: String
    /// One line, for `trigger --list`.
    package let summary: String
    private let isGuest: Bool
    private let script: @Sendable (inout Storyteller) -> Void

    init(
        _ name: String,
        _ summary: String,
        isGuest: Bool = false,
        script: @escaping @Sendable (inout Storyteller) -> Void
    ) {
        self.name = name
        self.summary = summary
        self.isGuest = isGuest
        self.script = script
    }

    /// Makes the story; equal options give equal bytes.
    package func story(_ options: StoryOptions = StoryOptions(), shape: StripeShape = .endive) -> Story {
        precondition(options.amount > 0)
        var teller = Storyteller(options, rendering: Rendering(shape: shape), isGuest: isGuest)
        script(&teller)
        return teller.story(name, summary)
    }

    /// Makes the story with ids and other details drawn from `random`.
    package func story(
        _ options: StoryOptions = StoryOptions(),
        using random: inout some RandomNumberGenerator
    ) -> Story {
        var options = options
        options.seed = random.next()
        return story(options)
    }

    /// Generates a customer id for several stories to share.
    package static func madeUpCustomer(using random: inout some RandomNumberGenerator) -> String {
        var seeded = SeededRandom(seed: random.next())
        return "cus_" + seeded.letters(14)
    }

    /// Makes the story with its last event at `end`.
    package func story(_ options: StoryOptions, endingAt end: Instant) -> Story {
        var options = options
        let last = story(options).events.map(\.created).max() ?? options.startedAt
        options.startedAt = end.adding(seconds: -last.seconds(since: options.startedAt))
        return story(options)
    }
}

/// All scenarios, by name.
package enum StoryCatalog {
    package static let all: [Scenario] = purchases + captures + refunds + disputes + invoices

    package static var names: [String] { all.map(\.name) }

    package static func scenario(named name: String) -> Scenario? { all.first { $0.name == name } }

    static let day: Int64 = 86_400
}

// MARK: Purchases

extension StoryCatalog {
    private static let purchases = [
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
        Scenario("purchase.guest", "A card payment by a guest who is not a customer", isGuest: true) {
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

// MARK: Authorise now, capture later

extension StoryCatalog {
    private static let captures = [
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

// MARK: Money back

extension StoryCatalog {
    private static let refunds = [
        Scenario("refund.full", "A purchase and its whole amount back") { teller in
            teller.purchase()
            teller.wait(day)
            if let refund = teller.refund(teller.refundable) { teller.referenceRefund(refund) }
        },
        Scenario("refund.partial", "A purchase and part of it back") { teller in
            teller.purchase()
            teller.wait(day)
            if let refund = teller.refund(teller.part(40)) { teller.referenceRefund(refund) }
        },
        Scenario("refund.repeated", "A purchase and part of it back, twice") { teller in
            teller.purchase()
            for _ in 0..<2 where teller.refundable > 0 {
                teller.wait(day)
                if let refund = teller.refund(min(teller.part(20), teller.refundable)) {
                    teller.referenceRefund(refund)
                }
            }
        },
        Scenario("refund.pending", "A refund that waits for money and goes through a week later") { teller in
            teller.purchase()
            teller.wait(day)
            guard let refund = teller.refund(teller.refundable, status: .pending) else { return }
            teller.wait(7 * day)
            teller.referenceRefund(refund)
        },
        Scenario("refund.failed", "A refund that the bank sends back three weeks later") { teller in
            teller.purchase()
            teller.wait(day)
            guard let refund = teller.refund(teller.refundable) else { return }
            teller.wait(21 * day)
            teller.failRefund(refund)
        },
        Scenario("refund.canceled", "A refund that waits for the customer and is called off") { teller in
            teller.purchase()
            teller.wait(day)
            guard let refund = teller.refund(teller.refundable, status: .requiresAction) else { return }
            teller.wait(5 * day)
            teller.cancelRefund(refund)
        },
        Scenario("refund.before-charge", "A refund whose events arrive before those of its purchase") {
            teller in
            teller.purchase()
            teller.wait(60)
            let purchaseEvents = teller.events.count
            if let refund = teller.refund(teller.refundable) { teller.referenceRefund(refund) }
            teller.moveToFront(last: teller.events.count - purchaseEvents)
        },
    ]

    private static let disputes = [
        Scenario("dispute.created", "The bank takes the money back and waits for an answer") { teller in
            teller.purchase()
            teller.wait(20 * day)
            teller.dispute()
        },
        Scenario("dispute.won", "A dispute that is answered and won: the money comes again") { teller in
            teller.purchase()
            teller.wait(20 * day)
            teller.dispute()
            teller.wait(2 * day)
            teller.answerDispute()
            teller.wait(40 * day)
            teller.closeDispute(.won)
        },
        Scenario("dispute.lost", "A dispute that is answered and lost") { teller in
            teller.purchase()
            teller.wait(20 * day)
            teller.dispute()
            teller.wait(2 * day)
            teller.answerDispute()
            teller.wait(40 * day)
            teller.closeDispute(.lost)
        },
        Scenario("dispute.inquiry", "The bank only asks, is answered, and lets it be") { teller in
            teller.purchase()
            teller.wait(20 * day)
            teller.dispute(isInquiry: true)
            teller.wait(day)
            teller.answerDispute()
            teller.wait(30 * day)
            teller.closeDispute(.warningClosed)
        },
    ]
}

// MARK: Invoices

extension StoryCatalog {
    private static let invoices = [
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

extension Storyteller {
    /// A card purchase, with which other stories begin.
    fileprivate mutating func purchase() {
        begin()
        wait(4)
        pay()
        wait(2)
        settle()
    }

    /// A percentage of the amount, at least 1.
    func part(_ percent: Int64) -> Int64 {
        max(1, options.amount / 100 * percent + options.amount % 100 * percent / 100)
    }
}
