/// Refunds and disputes.
extension ScenarioCatalog {
    static let refunds = [
        Scenario("refund.full", "A purchase and its whole amount back") { builder in
            builder.purchase()
            builder.wait(day)
            if let refund = builder.refund(builder.refundable) { builder.referenceRefund(refund) }
        },
        Scenario("refund.partial", "A purchase and part of it back") { builder in
            builder.purchase()
            builder.wait(day)
            if let refund = builder.refund(builder.part(40)) { builder.referenceRefund(refund) }
        },
        Scenario("refund.repeated", "A purchase and part of it back, twice") { builder in
            builder.purchase()
            for _ in 0..<2 where builder.refundable > 0 {
                builder.wait(day)
                if let refund = builder.refund(min(builder.part(20), builder.refundable)) {
                    builder.referenceRefund(refund)
                }
            }
        },
        Scenario("refund.pending", "A refund that waits for money and goes through a week later") { builder in
            builder.purchase()
            builder.wait(day)
            guard let refund = builder.refund(builder.refundable, status: .pending) else { return }
            builder.wait(7 * day)
            builder.referenceRefund(refund)
        },
        Scenario("refund.failed", "A refund that the bank sends back three weeks later") { builder in
            builder.purchase()
            builder.wait(day)
            guard let refund = builder.refund(builder.refundable) else { return }
            builder.wait(21 * day)
            builder.failRefund(refund)
        },
        Scenario("refund.canceled", "A refund that waits for the customer and is called off") { builder in
            builder.purchase()
            builder.wait(day)
            guard let refund = builder.refund(builder.refundable, status: .requiresAction) else { return }
            builder.wait(5 * day)
            builder.cancelRefund(refund)
        },
        Scenario("refund.before-charge", "A refund whose events arrive before those of its purchase") {
            builder in
            builder.purchase()
            builder.wait(60)
            let purchaseEvents = builder.events.count
            if let refund = builder.refund(builder.refundable) { builder.referenceRefund(refund) }
            builder.moveToFront(last: builder.events.count - purchaseEvents)
        },
    ]

    static let disputes = [
        Scenario("dispute.created", "The bank takes the money back and waits for an answer") { builder in
            builder.purchase()
            builder.wait(20 * day)
            builder.dispute()
        },
        Scenario("dispute.won", "A dispute that is answered and won: the money comes again") { builder in
            builder.purchase()
            builder.wait(20 * day)
            builder.dispute()
            builder.wait(2 * day)
            builder.answerDispute()
            builder.wait(40 * day)
            builder.closeDispute(.won)
        },
        Scenario("dispute.lost", "A dispute that is answered and lost") { builder in
            builder.purchase()
            builder.wait(20 * day)
            builder.dispute()
            builder.wait(2 * day)
            builder.answerDispute()
            builder.wait(40 * day)
            builder.closeDispute(.lost)
        },
        Scenario("dispute.inquiry", "The bank only asks, is answered, and lets it be") { builder in
            builder.purchase()
            builder.wait(20 * day)
            builder.dispute(isInquiry: true)
            builder.wait(day)
            builder.answerDispute()
            builder.wait(30 * day)
            builder.closeDispute(.warningClosed)
        },
    ]
}
