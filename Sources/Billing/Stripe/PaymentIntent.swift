/// What we read of a PaymentIntent: one payment, whatever number of attempts it took.
package struct PaymentIntent: StripeObjectProtocol {
    package static let kind = ObjectKind.paymentIntent

    /// Stripe's states; the list is open, so an unknown one is kept as text and read as *on its way*.
    package enum Status: String, Sendable {
        case requiresPaymentMethod = "requires_payment_method"
        case requiresConfirmation = "requires_confirmation"
        case requiresAction = "requires_action"
        case processing
        case requiresCapture = "requires_capture"
        case canceled
        case succeeded
    }

    package let id: String
    package let amount: Int64
    package let amountReceived: Int64?
    package let currency: Currency
    package let created: Instant
    package let livemode: Bool?
    package let statusText: String
    package let customer: Expandable<Customer>?
    package let invoice: Expandable<Invoice>?
    package let latestCharge: Expandable<Charge>?
    /// Sent with API versions before 2022-11-15, instead of `latest_charge`.
    package let charges: EmbeddedList<Charge>?
    package let lastPaymentError: PaymentError?
    package let paymentMethod: PaymentMethodDetails?
    package let description: String?

    package var status: Status? {
        // The state's name in API versions before 2019-02-11.
        switch statusText {
        case "requires_source": .requiresPaymentMethod
        case "requires_source_action": .requiresAction
        default: Status(rawValue: statusText)
        }
    }

    /// Whether the last attempt was declined and the customer has not tried again.
    package var hasFailed: Bool { status == .requiresPaymentMethod && lastPaymentError != nil }

    package var links: [ObjectReference] {
        [
            invoice?.reference, latestCharge?.reference,
            lastPaymentError?.charge.map { ObjectReference(.charge, $0) },
        ].compactMap(\.self) + (charges?.data ?? []).map(\.reference)
    }

    package var expanded: [StripeObject] {
        [
            invoice?.object.map(StripeObject.invoice),
            latestCharge?.object.map(StripeObject.charge),
            customer?.object.map(StripeObject.customer),
        ].compactMap(\.self) + (charges?.data ?? []).map(StripeObject.charge)
    }

    package var isFinal: Bool { status == .succeeded || status == .canceled }

    package var progress: [Int64] {
        let rank: Int64 =
            switch status {
            case .requiresPaymentMethod: hasFailed ? 4 : 0
            case .requiresConfirmation: 1
            case .requiresAction: 2
            case .processing, nil: 3
            case .requiresCapture: 5
            case .canceled: 6
            case .succeeded: 7
            }
        return [rank, amountReceived ?? 0, latestCharge == nil ? 0 : 1]
    }
}

/// Why the last attempt of a payment failed: `last_payment_error`.
package struct PaymentError: Codable, Sendable {
    package let code: String?
    package let declineCode: String?
    package let message: String?
    /// The attempt that failed, where it came as far as a charge.
    package let charge: String?
    package let paymentMethod: PaymentMethodDetails?

    private enum CodingKeys: String, CodingKey {
        case code, message, charge
        case declineCode = "decline_code"
        case paymentMethod = "payment_method"
        case source
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        code = container.text(.code)
        declineCode = container.text(.declineCode)
        message = container.text(.message)
        charge = container.lenient(.charge, as: String.self).flatMap { StripeID.isValid($0) ? $0 : nil }
        paymentMethod =
            container.lenient(.paymentMethod) ?? container.lenient(.source, as: PaymentSource.self)?.asDetails
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(code, forKey: .code)
        try container.encodeIfPresent(declineCode, forKey: .declineCode)
        try container.encodeIfPresent(message, forKey: .message)
        try container.encodeIfPresent(charge, forKey: .charge)
        try container.encodeIfPresent(paymentMethod, forKey: .paymentMethod)
    }
}

extension PaymentIntent {
    private enum CodingKeys: String, CodingKey {
        case id, amount, currency, created, livemode, customer, invoice, charges, description
        case amountReceived = "amount_received"
        case statusText = "status"
        case latestCharge = "latest_charge"
        case lastPaymentError = "last_payment_error"
        case paymentMethod = "payment_method"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.identity(.id)
        amount = try container.requiredAmount(.amount)
        amountReceived = try container.amount(.amountReceived)
        currency = try container.decode(Currency.self, forKey: .currency)
        created = try container.decode(Instant.self, forKey: .created)
        livemode = container.lenient(.livemode)
        statusText = try container.decode(String.self, forKey: .statusText)
        customer = try container.reference(.customer)
        invoice = try container.reference(.invoice)
        latestCharge = try container.reference(.latestCharge)
        charges = try container.decodeIfPresent(EmbeddedList<Charge>.self, forKey: .charges)
        lastPaymentError = container.lenient(.lastPaymentError)
        // An id unless somebody asked to expand it, and then of the shape that details have.
        paymentMethod = container.lenient(.paymentMethod)
        description = container.text(.description)
    }

    /// Writes what is read again.
    ///
    /// The charges inside are snapshots of their own and not repeated.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(amount, forKey: .amount)
        try container.encodeIfPresent(amountReceived, forKey: .amountReceived)
        try container.encode(currency, forKey: .currency)
        try container.encode(created, forKey: .created)
        try container.encodeIfPresent(livemode, forKey: .livemode)
        try container.encode(statusText, forKey: .statusText)
        try container.encodeIfPresent(customer, forKey: .customer)
        try container.encodeIfPresent(invoice, forKey: .invoice)
        try container.encodeIfPresent(latestCharge, forKey: .latestCharge)
        try container.encodeIfPresent(lastPaymentError, forKey: .lastPaymentError)
        try container.encodeIfPresent(paymentMethod, forKey: .paymentMethod)
        try container.encodeIfPresent(description, forKey: .description)
    }
}
