/// One row of the feed: a purchase, a refund, a dispute, or a credit.
package struct Transaction: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case purchase, refund, dispute
        /// Money that was given to the customer, and not paid.
        case credit
    }

    /// Why a payment or a refund failed, in Stripe's words.
    package struct Failure: Sendable, Equatable {
        package let code: String?
        package let declineCode: String?
        package let message: String?

        package init(code: String?, declineCode: String?, message: String?) {
            self.code = code
            self.declineCode = declineCode
            self.message = message
        }
    }

    /// Whether there is a receipt, and its number after Stripe has assigned one.
    package struct Receipt: Sendable, Equatable {
        package let available: Bool
        package let number: String?

        package init(available: Bool, number: String?) {
            self.available = available
            self.number = number
        }
    }

    package let id: String
    package let type: Kind
    package let status: String
    /// In minor units, never negative but for a credit that is taken back: the type shows the direction of the
    /// money.
    package let amount: Int64
    /// In minor units; only for purchases.
    ///
    /// Failed refunds do not count.
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
    /// The amount on the customer's statement, if that is in another currency.
    package let presentment: Presentment?
    /// The action that the customer must take, while the status is `requires_action`.
    package let nextAction: NextAction?
    /// For a refund: the number with which the customer's bank finds it (an ARN or a trace number), once
    /// Stripe has it.
    package let reference: String?
    /// For a dispute: the part of the amount that the cardholder has now.
    package let amountGone: Int64
    /// Why a refund was made, as Stripe says it, such as `requested_by_customer`.
    package var refundReason: String?
    /// For a purchase: when the money was paid, if that was more than an hour after `created`, as for a bank
    /// debit or a later capture.
    package var succeededAt: Instant?
    /// For a purchase: the bonus that was granted with it and not taken back, in minor units.
    package var bonus: Int64 = 0
    /// For a credit: why it was given.
    package var creditKind: Credit.Kind?

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
        presentment: Presentment?,
        nextAction: NextAction?,
        reference: String?,
        amountGone: Int64
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

    /// When the row's money counts in the balance.
    var countedAt: Instant { succeededAt ?? created }

    package var money: Money { Money(minorUnits: amount, currency: currency) }
}

/// The payment method, in words that a customer recognises.
package struct PaymentMethod: Sendable, Equatable {
    package let type: String
    package let brand: String?
    package let last4: String?
    /// For example `Visa •••• 4242`.
    package let label: String

    package init(type: String, brand: String?, last4: String?, label: String) {
        self.type = type
        self.brand = brand
        self.last4 = last4
        self.label = label
    }
}
