import Billing

/// A transaction in the API's format.
///
/// Missing values are null, as in Stripe's API.
struct TransactionResponse: Encodable {
    let transaction: Transaction
    /// `nil` if there is no receipt.
    let receiptLink: String?
    var attempts: [PaymentAttempt]?
    var events: [String]?

    init(_ transaction: Transaction, links: LinkSigner, now: Instant) {
        self.transaction = transaction
        receiptLink =
            transaction.receipt.available
            ? links.receiptLink(.init(transaction, for: .receipt), now: now) : nil
    }

    private enum CodingKeys: String, CodingKey {
        case id, object, type, status, amount, currency, created, customer, description, charge, invoice,
            refund
        case dispute, failure, disputed, livemode, account, presentment, reference, receipt, attempts, events
        case amountRefunded = "amount_refunded"
        case amountDisplay = "amount_display"
        case paymentMethod = "payment_method"
        case paymentIntent = "payment_intent"
        case nextAction = "next_action"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(transaction.id, forKey: .id)
        try container.encode("transaction", forKey: .object)
        try container.encode(transaction.type.rawValue, forKey: .type)
        try container.encode(transaction.status, forKey: .status)
        try container.encode(transaction.amount, forKey: .amount)
        try container.encode(transaction.amountRefunded, forKey: .amountRefunded)
        try container.encode(transaction.currency, forKey: .currency)
        try container.encode(transaction.money.display, forKey: .amountDisplay)
        try container.encode(transaction.created, forKey: .created)
        try container.encode(transaction.customer, forKey: .customer)
        try container.encode(transaction.description, forKey: .description)
        try container.encode(transaction.paymentMethod.map(PaymentMethodBody.init), forKey: .paymentMethod)
        try container.encode(transaction.paymentIntent, forKey: .paymentIntent)
        try container.encode(transaction.charge, forKey: .charge)
        try container.encode(transaction.invoice, forKey: .invoice)
        try container.encode(transaction.refund, forKey: .refund)
        try container.encode(transaction.dispute, forKey: .dispute)
        try container.encode(transaction.failure.map(FailureBody.init), forKey: .failure)
        try container.encode(transaction.disputed, forKey: .disputed)
        try container.encode(transaction.livemode, forKey: .livemode)
        try container.encode(transaction.account, forKey: .account)
        try container.encode(transaction.presentment.map(PresentmentBody.init), forKey: .presentment)
        try container.encode(transaction.nextAction.map(NextActionBody.init), forKey: .nextAction)
        try container.encode(transaction.reference, forKey: .reference)
        try container.encode(
            ReceiptBody(
                available: transaction.receipt.available,
                number: transaction.receipt.number,
                url: receiptLink
            ),
            forKey: .receipt
        )
        try container.encodeIfPresent(attempts?.map(AttemptBody.init), forKey: .attempts)
        try container.encodeIfPresent(events, forKey: .events)
    }
}

private struct PaymentMethodBody: Encodable {
    let method: PaymentMethod

    init(_ method: PaymentMethod) { self.method = method }

    private enum CodingKeys: String, CodingKey { case type, brand, last4, label }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(method.type, forKey: .type)
        try container.encode(method.brand, forKey: .brand)
        try container.encode(method.last4, forKey: .last4)
        try container.encode(method.label, forKey: .label)
    }
}

private struct PresentmentBody: Encodable {
    let amount: Int64
    let currency: Currency
    let amount_display: String

    init(_ presentment: Presentment) {
        amount = presentment.money.minorUnits
        currency = presentment.money.currency
        amount_display = presentment.money.display
    }
}

private struct NextActionBody: Encodable {
    let type: String
    /// Omitted if Stripe has no page for the step.
    let url: String?

    init(_ action: NextAction) {
        type = action.type
        url = action.url
    }
}

private struct FailureBody: Encodable {
    let failure: Transaction.Failure

    init(_ failure: Transaction.Failure) { self.failure = failure }

    private enum CodingKeys: String, CodingKey {
        case code, message
        case declineCode = "decline_code"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(failure.code, forKey: .code)
        try container.encode(failure.declineCode, forKey: .declineCode)
        try container.encode(failure.message, forKey: .message)
    }
}

private struct ReceiptBody: Encodable {
    let available: Bool
    let number: String?
    let url: String?

    private enum CodingKeys: String, CodingKey { case available, number, url }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(available, forKey: .available)
        try container.encode(number, forKey: .number)
        try container.encode(url, forKey: .url)
    }
}

private struct AttemptBody: Encodable {
    let attempt: PaymentAttempt

    init(_ attempt: PaymentAttempt) { self.attempt = attempt }

    private enum CodingKeys: String, CodingKey {
        case charge, status, amount, created, failure
        case paymentMethod = "payment_method"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(attempt.charge, forKey: .charge)
        try container.encode(attempt.status, forKey: .status)
        try container.encode(attempt.amount, forKey: .amount)
        try container.encode(attempt.created, forKey: .created)
        try container.encode(attempt.paymentMethod.map(PaymentMethodBody.init), forKey: .paymentMethod)
        try container.encode(attempt.failure.map(FailureBody.init), forKey: .failure)
    }
}

/// Stripe's list envelope.
struct ListResponse<Element: Encodable>: Encodable {
    let url: String
    let hasMore: Bool
    let data: [Element]

    private enum CodingKeys: String, CodingKey {
        case object, url, data
        case hasMore = "has_more"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("list", forKey: .object)
        try container.encode(url, forKey: .url)
        try container.encode(hasMore, forKey: .hasMore)
        try container.encode(data, forKey: .data)
    }
}
