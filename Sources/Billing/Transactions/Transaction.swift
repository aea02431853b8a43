/// One line of the feed: a purchase, a refund or a dispute; or a credit, which is no payment.
package struct Transaction: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case purchase, refund, dispute
        /// What an invoice gave for a coupon: nobody paid it, and the feed shows it only to who asks for it.
        case credit
    }

    /// Why a payment or a refund did not go through, in Stripe's words.
    package struct Failure: Sendable, Equatable {
        package let code: String?
        package let declineCode: String?
        package let message: String?
    }

    /// Whether a receipt can be had, and its number once Stripe gave it one.
    package struct Receipt: Sendable, Equatable {
        package let available: Bool
        package let number: String?
    }

    package let id: String
    package let type: Kind
    package let status: String
    /// Minor units, never negative: the type says which way the money went.
    package let amount: Int64
    /// Minor units; on purchases only.
    ///
    /// Refunds that failed do not count.
    package let amountRefunded: Int64
    package let currency: Currency
    package let created: Instant
    package let customer: String?
    package let description: String?
    package let paymentMethod: PaymentMethod?
    package let paymentIntent: String?
    package let charge: String?
    package let invoice: String?
    package let refund: String?
    package let dispute: String?
    package let failure: Failure?
    package let disputed: Bool
    package let livemode: Bool
    package let account: String?
    package let receipt: Receipt

    package var money: Money { Money(minorUnits: amount, currency: currency) }
}

/// How it was paid, for a customer to recognise.
package struct PaymentMethod: Sendable, Equatable {
    package let type: String
    package let brand: String?
    package let last4: String?
    /// Such as `Visa •••• 4242`.
    package let label: String
}
