/// Refunds and disputes.
extension StoryCatalog {
    static let refunds = [
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

    static let disputes = [
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
