import Billing

/// The state of a refund during a story, and its JSON in a version of Stripe's API.
struct RefundBody: Sendable {
    enum Status: String {
        case requiresAction = "requires_action"
        case pending, succeeded, failed, canceled
    }

    let id: String
    let charge: String
    let intent: String?
    let customer: String?
    let amount: Int64
    let currency: Currency
    let created: Instant
    let reason: String?
    let balanceTransaction: String
    /// Whether it returns money; `false` if it only releases an authorisation.
    let isMoneyBack: Bool
    var status = Status.succeeded
    var failureReason: String?
    /// The acquirer's reference number, by which a bank finds the refund.
    var reference: String?

    /// The time from which refunds have `destination_details`, in every version: 2023-12-21.
    ///
    /// <https://github.com/stripe/stripe-node/blob/master/CHANGELOG.md> (14.10.0).
    private static let destinationSince = Instant(unixSeconds: 1_703_116_800)

    var counts: Bool { isMoneyBack && status != .failed && status != .canceled }

    func json(_ shape: APIVersionShape, expanding expansions: ObjectExpansions = .none) -> OrderedJSON {
        let whole: OrderedJSON = [
            "id": .string(id),
            "object": "refund",
            "amount": .integer(amount),
            "balance_transaction": .string(balanceTransaction),
            "charge": expansions.reference(charge),
            "created": .integer(created.unixSeconds),
            "currency": .string(currency.code),
            "customer": expansions.reference(customer),
            "customer_account": nil,
            "destination_details": [
                "card": [
                    "reference": .text(reference),
                    "reference_status": reference == nil ? "pending" : "available",
                    "reference_type": "acquirer_reference_number",
                    "type": "refund",
                ],
                "type": "card",
            ],
            "metadata": [:],
            "payment_intent": expansions.reference(intent),
            "payment_method": nil,
            "reason": .text(reason),
            "receipt_number": nil,
            "source_transfer_reversal": nil,
            "status": .string(status.rawValue),
            "transfer_reversal": nil,
        ]
        let told =
            failureReason.map {
                whole.adding(["failure_balance_transaction": nil, "failure_reason": .string($0)])
            } ?? whole
        guard !shape.refundsNameTheirCustomer else { return told }
        var old = told.removing(["customer", "customer_account", "payment_method"])
        if created < Self.destinationSince { old = old.removing(["destination_details"]) }
        let isNamedByItsIntent = shape != .chargesOnly && created >= ChargeBody.disputedSince
        return isNamedByItsIntent ? old : old.removing(["payment_intent"])
    }
}
