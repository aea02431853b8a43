import Billing

/// The state of a dispute during a story, and its JSON in a version of Stripe's API.
struct DisputeBody: Sendable {
    enum Status: String {
        case warningNeedsResponse = "warning_needs_response"
        case warningUnderReview = "warning_under_review"
        case warningClosed = "warning_closed"
        case needsResponse = "needs_response"
        case underReview = "under_review"
        case won, lost
    }

    let id: String
    let charge: String
    let intent: String?
    let amount: Int64
    let currency: Currency
    let created: Instant
    let reason: String
    var status: Status
    var withdrawal: String?
    var reinstatement: String?
    var hasEvidence = false

    func json(_ shape: APIVersionShape, expanding expansions: ObjectExpansions = .none) -> OrderedJSON {
        let whole: OrderedJSON = [
            "id": .string(id),
            "object": "dispute",
            "amount": .integer(amount),
            "balance_transaction": .text(withdrawal),
            "balance_transactions": .array(balanceTransactions),
            "charge": expansions.reference(charge),
            "created": .integer(created.unixSeconds),
            "currency": .string(currency.code),
            "enhanced_eligibility_types": [],
            "evidence": [
                "access_activity_log": nil,
                "billing_address": "94107",
                "cancellation_policy": nil,
                "customer_communication": nil,
                "customer_email_address": "jenny.rosen@example.com",
                "customer_name": "Jenny Rosen",
                "customer_purchase_ip": nil,
                "product_description": nil,
                "receipt": nil,
                "service_date": nil,
                "service_documentation": nil,
                "uncategorized_text": hasEvidence
                    ? "The credits were spent on the day they were bought." : nil,
            ],
            "evidence_details": [
                "due_by": .integer(created.adding(seconds: 7 * 86_400).unixSeconds),
                "has_evidence": .bool(hasEvidence),
                "past_due": false,
                "submission_count": hasEvidence ? 1 : 0,
            ],
            "intended_submission_method": "manual",
            "is_charge_refundable": .bool(status == .warningNeedsResponse || status == .warningUnderReview),
            "livemode": false,
            "metadata": [:],
            "network_reason_code": "10.4",
            "payment_intent": expansions.reference(intent),
            "payment_method_details": [
                "card": ["brand": "visa", "case_type": "chargeback", "network_reason_code": "10.4"],
                "type": "card",
            ],
            "reason": .string(reason),
            "status": .string(status.rawValue),
        ]
        return switch shape {
        case .endive, .basil: whole
        case .latestCharge, .classic, .firstIntents:
            whole.removing([
                "enhanced_eligibility_types", "intended_submission_method", "payment_method_details",
            ])
        case .chargesOnly:
            whole.removing([
                "enhanced_eligibility_types", "intended_submission_method", "payment_method_details",
                "payment_intent",
                "network_reason_code",
            ])
        }
    }

    private var balanceTransactions: [OrderedJSON] {
        func entry(_ id: String, amount: Int64, fee: Int64) -> OrderedJSON {
            [
                "id": .string(id),
                "object": "balance_transaction",
                "amount": .integer(amount),
                "currency": .string(currency.code),
                "fee": .integer(fee),
                "net": .integer(amount - fee),
                "reporting_category": amount < 0 ? "dispute" : "dispute_reversal",
                "source": .string(self.id),
                "type": "adjustment",
            ]
        }
        return [
            withdrawal.map { entry($0, amount: -amount, fee: 1500) },
            reinstatement.map { entry($0, amount: amount, fee: 0) },
        ]
        .compactMap(\.self)
    }
}
