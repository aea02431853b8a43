/// What we read of a charge: one attempt to move money.
package struct Charge: StripeObjectProtocol {
    package static let kind = ObjectKind.charge

    package enum Status: String, Sendable { case pending, failed, succeeded }

    package let id: String
    package let amount: Int64
    /// Absent before API version 2020-08-27.
    package let amountCaptured: Int64?
    /// Stripe's running total; the uncaptured remainder of a partial capture counts in it.
    package let amountRefunded: Int64
    package let currency: Currency
    package let created: Instant
    package let livemode: Bool?
    package let statusText: String?
    package let paid: Bool?
    package let captured: Bool?
    package let refunded: Bool?
    package let disputedFlag: Bool?
    /// Set on charges of old API versions only; today's say `disputed`.
    package let dispute: Expandable<Dispute>?
    package let customer: Expandable<Customer>?
    package let paymentIntent: Expandable<PaymentIntent>?
    package let invoice: Expandable<Invoice>?
    package let paymentMethodDetails: PaymentMethodDetails?
    package let hasBalanceTransaction: Bool
    package let failureCode: String?
    package let failureMessage: String?
    package let receiptNumber: String?
    package let receiptURL: String?
    package let description: String?
    package let refunds: EmbeddedList<Refund>?

    /// The state; charges of 2017 and before do not say it, so it follows from what they do say.
    package var status: Status {
        if let statusText, let status = Status(rawValue: statusText) { return status }
        if failureCode != nil || paid == false { return .failed }
        return paid == true ? .succeeded : .pending
    }

    /// Whether the money was taken, not only authorised.
    package var isCaptured: Bool { captured ?? (status == .succeeded) }
    package var isPaid: Bool { status == .succeeded && isCaptured }
    package var isAuthorisedOnly: Bool { status == .succeeded && !isCaptured }
    package var isDisputed: Bool { disputedFlag ?? (dispute != nil) }

    /// What was taken: the authorised amount until a smaller or larger one was captured.
    package var capturedAmount: Int64 {
        guard isPaid else { return 0 }
        guard let amountCaptured, amountCaptured > 0 else { return amount }
        return amountCaptured
    }

    /// The part of an authorisation that was let go at capture.
    ///
    /// Stripe books it as a refund; it is none.
    package var uncapturedRemainder: Int64 { isPaid ? max(0, amount - capturedAmount) : 0 }

    package var links: [ObjectReference] {
        [paymentIntent?.reference, invoice?.reference, dispute?.reference].compactMap(\.self)
            + (refunds?.data ?? []).map(\.reference)
    }

    package var expanded: [StripeObject] {
        [
            paymentIntent?.object.map(StripeObject.paymentIntent),
            invoice?.object.map(StripeObject.invoice),
            dispute?.object.map(StripeObject.dispute),
            customer?.object.map(StripeObject.customer),
        ].compactMap(\.self) + (refunds?.data ?? []).map(StripeObject.refund)
    }

    package var progress: [Int64] {
        let rank: Int64 =
            switch status {
            case .pending: 0
            case .failed: 1
            case .succeeded: 2
            }
        return [
            rank, isCaptured ? 1 : 0, amountCaptured ?? 0, amountRefunded, isDisputed ? 1 : 0,
            hasBalanceTransaction ? 1 : 0,
        ]
    }
}

extension Charge {
    private enum CodingKeys: String, CodingKey {
        case id, amount, currency, created, livemode, paid, captured, refunded, dispute, customer, invoice
        case description, refunds, source
        case amountCaptured = "amount_captured"
        case amountRefunded = "amount_refunded"
        case statusText = "status"
        case disputedFlag = "disputed"
        case paymentIntent = "payment_intent"
        case paymentMethodDetails = "payment_method_details"
        case balanceTransaction = "balance_transaction"
        case failureCode = "failure_code"
        case failureMessage = "failure_message"
        case receiptNumber = "receipt_number"
        case receiptURL = "receipt_url"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.identity(.id)
        amount = try container.requiredAmount(.amount)
        amountCaptured = try container.amount(.amountCaptured)
        amountRefunded = try container.amount(.amountRefunded) ?? 0
        currency = try container.decode(Currency.self, forKey: .currency)
        created = try container.decode(Instant.self, forKey: .created)
        livemode = container.lenient(.livemode)
        statusText = container.lenient(.statusText)
        paid = container.lenient(.paid)
        captured = container.lenient(.captured)
        refunded = container.lenient(.refunded)
        disputedFlag = container.lenient(.disputedFlag)
        dispute = try container.reference(.dispute)
        customer = try container.reference(.customer)
        paymentIntent = try container.reference(.paymentIntent)
        invoice = try container.reference(.invoice)
        paymentMethodDetails =
            container.lenient(.paymentMethodDetails)
            ?? container.lenient(.source, as: PaymentSource.self)?.asDetails
        hasBalanceTransaction = container.lenient(.balanceTransaction, as: AnyPresence.self) != nil
        failureCode = container.text(.failureCode)
        failureMessage = container.text(.failureMessage)
        receiptNumber = container.text(.receiptNumber)
        receiptURL = container.text(.receiptURL)
        description = container.text(.description)
        refunds = try container.decodeIfPresent(EmbeddedList<Refund>.self, forKey: .refunds)
    }

    /// Writes what is read again.
    ///
    /// The refunds inside are snapshots of their own and not repeated.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(amount, forKey: .amount)
        try container.encodeIfPresent(amountCaptured, forKey: .amountCaptured)
        try container.encode(amountRefunded, forKey: .amountRefunded)
        try container.encode(currency, forKey: .currency)
        try container.encode(created, forKey: .created)
        try container.encodeIfPresent(livemode, forKey: .livemode)
        try container.encodeIfPresent(statusText, forKey: .statusText)
        try container.encodeIfPresent(paid, forKey: .paid)
        try container.encodeIfPresent(captured, forKey: .captured)
        try container.encodeIfPresent(refunded, forKey: .refunded)
        try container.encodeIfPresent(disputedFlag, forKey: .disputedFlag)
        try container.encodeIfPresent(dispute, forKey: .dispute)
        try container.encodeIfPresent(customer, forKey: .customer)
        try container.encodeIfPresent(paymentIntent, forKey: .paymentIntent)
        try container.encodeIfPresent(invoice, forKey: .invoice)
        try container.encodeIfPresent(paymentMethodDetails, forKey: .paymentMethodDetails)
        if hasBalanceTransaction { try container.encode(true, forKey: .balanceTransaction) }
        try container.encodeIfPresent(failureCode, forKey: .failureCode)
        try container.encodeIfPresent(failureMessage, forKey: .failureMessage)
        try container.encodeIfPresent(receiptNumber, forKey: .receiptNumber)
        try container.encodeIfPresent(receiptURL, forKey: .receiptURL)
        try container.encodeIfPresent(description, forKey: .description)
    }
}

/// Notes that a value of whatever shape is there, without reading it.
struct AnyPresence: Decodable {
    init(from decoder: any Decoder) throws {
        _ = try decoder.singleValueContainer()
    }
}
