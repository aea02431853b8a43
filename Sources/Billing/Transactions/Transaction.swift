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
    /// What the customer's own statement says, where it is in another currency.
    package let presentment: Presentment?
    /// What the customer has to do, while the status is `requires_action`.
    package let nextAction: NextAction?
    /// Of a refund: the number by which the customer's bank finds it (an ARN or a trace number), once Stripe has it.
    package let reference: String?
    /// How much of a disputed amount is with the cardholder now.
    package let amountGone: Int64

    package init(
        id: String,
        type: Kind,
        status: String,
        amount: Int64,
        amountRefunded: Int64,
        currency: Currency,
        created: Instant,
        customer: String?,
        description: String?,
        paymentMethod: PaymentMethod?,
        paymentIntent: String?,
        charge: String?,
        invoice: String?,
        refund: String?,
        dispute: String?,
        failure: Failure?,
        disputed: Bool,
        livemode: Bool,
        account: String?,
        receipt: Receipt,
        presentment: Presentment? = nil,
        nextAction: NextAction? = nil,
        reference: String? = nil,
        amountGone: Int64 = 0
    ) {
        self.id = id
        self.type = type
        self.status = status
        self.amount = amount
        self.amountRefunded = amountRefunded
        self.currency = currency
        self.created = created
        self.customer = customer
        self.description = description
        self.paymentMethod = paymentMethod
        self.paymentIntent = paymentIntent
        self.charge = charge
        self.invoice = invoice
        self.refund = refund
        self.dispute = dispute
        self.failure = failure
        self.disputed = disputed
        self.livemode = livemode
        self.account = account
        self.receipt = receipt
        self.presentment = presentment
        self.nextAction = nextAction
        self.reference = reference
        self.amountGone = amountGone
    }

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
