import Billing

/// The link to Stripe's page for the step that a payment waits for.
struct NextActionLink {
    let actionLink: String
    let actionLabel: String

    /// There is no link without a URL; the signature is the query of a signed link, for a visitor whose
    /// browser sends no cookie from another tab.
    init?(_ id: String, _ action: NextAction, signature: String?) {
        guard action.url != nil else { return nil }
        let query = signature.map { "?" + $0 } ?? ""
        actionLink = "/v1/transactions/\(PercentEncoding.encoded(id))/next_action" + query
        actionLabel = Self.label(action.type)
    }

    /// A label for the content of Stripe's page.
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
