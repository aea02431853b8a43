import Billing
import Storage
import Testing

@testable import Web

/// The page's advice to a customer, and the amounts of their own statement.
struct TransactionAdviceTests {
    private func item(
        _ events: [MadeEvent],
        _ id: String,
        signature: ((TransactionLink.Purpose) -> String)? = nil
    ) throws -> TransactionItem {
        let (rows, details) = try PageSample.payment(events)
        let row = try #require(rows.first { $0.id == id })
        return TransactionItem(row, payment: details[id], view: TransactionsView(), signature: signature)
    }

    private func presented(_ amount: Int, _ currency: String = "cad") -> [String: any Sendable] {
        [
            "presentment_details": ["presentment_amount": amount, "presentment_currency": currency]
                as [String: any Sendable]
        ]
    }

    // MARK: The statement

    @Test func `a row has the amount of the customer's own statement`() throws {
        let events: [MadeEvent] = [
            .charge("ch_a", extra: presented(2883)), .refund("re_a", of: "ch_a", extra: presented(577)),
        ]
        let purchase = try item(events, "ch_a").parts
        #expect(purchase.map(\.partLabel) == ["On your statement:", "Refunded"])
        #expect(purchase.map(\.partAmount?.text) == ["CA$28.83", "$5.00"])
        #expect(try item(events, "re_a").parts.map(\.partAmount?.text) == ["-CA$5.77"])
    }

    @Test func `an equal or missing statement amount is not shown`() throws {
        #expect(try item([.charge("ch_a", extra: presented(2500, "usd"))], "ch_a").parts.isEmpty)
        #expect(try item([.charge("ch_a", status: "failed", extra: presented(2883))], "ch_a").parts.isEmpty)
        let refund = MadeEvent.refund("re_a", of: "ch_a", status: "failed", extra: presented(577))
        #expect(try item([.charge("ch_a"), refund], "re_a").parts.isEmpty)
    }

    // MARK: Refunds

    private func refund(_ status: String, _ extra: [String: any Sendable]) throws -> TransactionDetail {
        try item([.charge("ch_a"), .refund("re_a", of: "ch_a", status: status, extra: extra)], "re_a").detail
    }

    @Test func `a refund has the bank's reference, with an explanation`() throws {
        let destination: [String: any Sendable] = ["type": "card", "card": ["reference": "74537604221"]]
        let detail = try refund("succeeded", ["destination_details": destination])
        #expect(detail.facts.first { $0.term == "Bank reference" }?.fact == "74537604221")
        #expect(detail.advice == ["Give this reference to your bank to trace the refund."])
        #expect(try refund("succeeded", [:]).advice == [])
    }

    @Test(arguments: [
        ("processing", "on its way"), ("insufficient_funds", "enough money"),
        ("charge_pending", "your payment has arrived"),
    ])
    func `a refund that waits says why`(reason: String, words: String) throws {
        let advice = try refund("pending", ["pending_reason": reason]).advice
        #expect(advice.count == 1 && advice[0].contains(words), "\(advice)")
        #expect(try refund("succeeded", ["pending_reason": reason]).advice == [])
    }

    @Test func `a refund whose reason is not known says nothing of it`() throws {
        #expect(try refund("pending", [:]).advice == [])
        #expect(try refund("pending", ["pending_reason": "something_new"]).advice == [])
    }

    @Test func `a refund that needs bank details leads to Stripe's e-mail`() throws {
        let advice = try refund("requires_action", [:]).advice
        #expect(advice.count == 1 && advice[0].contains("Stripe has sent you an e-mail"))
    }

    // MARK: Waiting payments

    @Test(arguments: [
        ("verify_with_microdeposits", "hosted_verification_url", "Verify your bank account"),
        (
            "display_bank_transfer_instructions", "hosted_instructions_url",
            "See the bank transfer instructions"
        ),
        ("konbini_display_details", "hosted_voucher_url", "See your voucher"),
        ("pix_display_qr_code", "hosted_instructions_url", "See the payment code"),
        ("redirect_to_url", "url", "Complete this payment"),
        ("something_new", "url", "Complete this payment"),
    ])
    func `a payment that waits has a link in words`(type: String, name: String, label: String) throws {
        let action: [String: any Sendable] = ["type": type, type: [name: "https://payments.stripe.com/x"]]
        let item = try item([.waiting("pi_a", action: action)], "pi_a")
        #expect(item.action?.actionLabel == label)
        #expect(item.action?.actionLink == "/v1/transactions/pi_a/next_action")
        #expect(item.detail.advice == [])
    }

    @Test func `for a visitor without a cookie the link is signed for its purpose`() throws {
        let item = try item([.waiting("pi_a")], "pi_a") { "signed-for=\($0.rawValue)" }
        #expect(item.action?.actionLink == "/v1/transactions/pi_a/next_action?signed-for=next_action")
        #expect(item.receipt == nil)
    }

    @Test func `without a page of Stripe's the row explains how to continue`() throws {
        for (type, words) in [("use_stripe_sdk", "where you began it"), ("blik_authorize", "bank's app")] {
            let item = try item([.waiting("pi_a", action: ["type": type])], "pi_a")
            #expect(item.action == nil)
            #expect(item.detail.advice.count == 1 && item.detail.advice[0].contains(words))
        }
    }

    @Test func `a payment that does not wait has neither`() throws {
        let item = try item([.charge("ch_a")], "ch_a")
        #expect(item.action == nil && item.detail.advice == [])
    }
}
