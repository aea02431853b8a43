import Billing

/// The link to the page of Stripe's on which the customer does what a payment waits for.
struct NextActionLink {
    let actionLink: String
    let actionLabel: String

    /// - Parameters:
    ///   - id: The row's.
    ///   - action: What it waits for; without a page of Stripe's there is no link.
    ///   - signature: The query of a signed link, for a visitor whose cookie is not sent from another tab.
    init?(_ id: String, _ action: NextAction, signature: String?) {
        guard action.url != nil else { return nil }
        let query = signature.map { "?" + $0 } ?? ""
        actionLink = "/v1/transactions/\(PathSegment.encoded(id))/next_action" + query
        actionLabel = Self.label(action.type)
    }

    /// By what Stripe shows on its page.
    ///
    /// <https://docs.stripe.com/api/payment_intents/object#payment_intent_object-next_action>
    private static func label(_ type: String) -> String {
        switch type {
        case "verify_with_microdeposits": "Verify your bank account"
        case "display_bank_transfer_instructions": "See the bank transfer instructions"
        case "boleto_display_details", "konbini_display_details", "multibanco_display_details",
            "oxxo_display_details":
            "See your voucher"
        case _ where type.hasSuffix("_display_qr_code"): "See the payment code"
        default: "Complete this payment"
        }
    }
}
