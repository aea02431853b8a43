import Billing

/// The state of a charge during a story, and its JSON in a version of Stripe's API.
struct ChargeBody: Sendable {
    enum Status: String { case pending, failed, succeeded }

    struct Decline: Sendable {
        let code: String
        let declineCode: String?
        let message: String

        static let all = [
            Decline(
                code: "card_declined",
                declineCode: "generic_decline",
                message: "Your card was declined."
            ),
            Decline(
                code: "card_declined",
                declineCode: "insufficient_funds",
                message: "Your card has insufficient funds."
            ),
            Decline(code: "expired_card", declineCode: "expired_card", message: "Your card has expired."),
            Decline(
                code: "incorrect_cvc",
                declineCode: "incorrect_cvc",
                message: "Your card's security code is incorrect."
            ),
        ]
        static let bank = Decline(
            code: "payment_method_bank_account_insufficient_funds",
            declineCode: nil,
            message: "The customer's account has insufficient funds to cover this payment."
        )
    }

    let id: String
    let intent: String?
    let customer: String?
    let amount: Int64
    let currency: Currency
    let created: Instant
    let instrument: PaymentMethodFixture
    let methodID: String
    let fingerprint: String
    var invoice: String?
    var status = Status.pending
    var isCaptured = false
    var amountCaptured: Int64 = 0
    var amountRefunded: Int64 = 0
    var balanceTransaction: String?
    var decline: Decline?
    var dispute: String?
    var receiptURL: String?

    var isPaid: Bool { status == .succeeded && isCaptured }
    var isAuthorisedOnly: Bool { status == .succeeded && !isCaptured }

    func json(
        _ shape: APIVersionShape,
        refunds: [OrderedJSON] = [],
        expanding expansions: ObjectExpansions = .none
    ) -> OrderedJSON {
        var whole = current(expansions)
        // Stripe added these fields to all versions, each on a certain day:
        // https://github.com/stripe/openapi.
        if created < Self.disputedSince { whole = whole.removing(["disputed"]) }
        if created < Self.amountCapturedSince { whole = whole.removing(["amount_captured"]) }
        guard shape.isBeforeBasil else { return whole }
        guard shape.embedsLists else { return whole.adding(["invoice": .text(invoice)]) }
        let list: OrderedJSON = [
            "object": "list",
            "data": .array(refunds),
            "has_more": false,
            "total_count": .integer(Int64(refunds.count)),
            "url": .string("/v1/charges/\(id)/refunds"),
        ]
        let classic = whole.adding(["invoice": .text(invoice), "refunds": list])
        guard shape == .chargesOnly else { return classic }
        return classic.removing([
            "amount_captured", "billing_details", "calculated_statement_descriptor", "disputed",
            "failure_balance_transaction", "payment_intent", "payment_method", "payment_method_details",
            "presentment_details", "radar_options", "receipt_url", "status",
        ])
        .adding(["source": instrument.source(id: methodID, fingerprint: fingerprint, customer: customer)])
    }

    /// 2019-11-06.
    static let disputedSince = Instant(unixSeconds: 1_572_998_400)
    /// 2020-09-21.
    private static let amountCapturedSince = Instant(unixSeconds: 1_600_646_400)

    private func current(_ expansions: ObjectExpansions) -> OrderedJSON {
        [
            "id": .string(id),
            "object": "charge",
            "amount": .integer(amount),
            "amount_captured": .integer(amountCaptured),
            "amount_refunded": .integer(amountRefunded),
            "application": nil,
            "application_fee": nil,
            "application_fee_amount": nil,
            "balance_transaction": .text(balanceTransaction),
            "billing_details": [
                "address": [
                    "city": nil,
                    "country": "US",
                    "line1": nil,
                    "line2": nil,
                    "postal_code": "94107",
                    "state": nil,
                ],
                "email": "jenny.rosen@example.com",
                "name": "Jenny Rosen",
                "phone": nil,
                "tax_id": nil,
            ],
            "calculated_statement_descriptor": "CONSOLE CREDITS",
            "captured": .bool(isCaptured),
            "created": .integer(created.unixSeconds),
            "currency": .string(currency.code),
            "customer": expansions.reference(customer),
            "description": nil,
            "destination": nil,
            "dispute": expansions.reference(dispute),
            "disputed": .bool(dispute != nil),
            "failure_balance_transaction": nil,
            "failure_code": .text(decline?.code),
            "failure_message": .text(decline?.message),
            "fraud_details": [:],
            "livemode": false,
            "metadata": [:],
            "on_behalf_of": nil,
            "order": nil,
            "outcome": outcome,
            "paid": .bool(status == .succeeded),
            "payment_intent": expansions.reference(intent),
            "payment_method": .string(methodID),
            "payment_method_details": instrument.details(
                fingerprint: fingerprint,
                isApproved: status == .succeeded
            ),
            "radar_options": [:],
            "receipt_email": nil,
            "receipt_number": nil,
            "receipt_url": .text(receiptURL),
            "refunded": .bool(amountRefunded >= amount),
            "review": nil,
            "shipping": nil,
            "source": nil,
            "source_transfer": nil,
            "statement_descriptor": nil,
            "statement_descriptor_suffix": nil,
            "status": .string(status.rawValue),
            "transfer_data": nil,
            "transfer_group": nil,
        ]
    }

    private var outcome: OrderedJSON {
        let isDeclined = decline != nil
        return [
            "advice_code": isDeclined ? "try_again_later" : nil,
            "network_advice_code": isDeclined ? "02" : nil,
            "network_decline_code": isDeclined ? "01" : nil,
            "network_status": isDeclined ? "declined_by_network" : "approved_by_network",
            "reason": .text(decline.map { $0.declineCode ?? $0.code }),
            "risk_level": "normal",
            "risk_score": 17,
            "seller_message": isDeclined
                ? "The bank did not return any further details with this decline." : "Payment complete.",
            "type": isDeclined ? "issuer_declined" : "authorized",
        ]
    }
}
