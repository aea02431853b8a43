/// One payment, derived from its PaymentIntent, its charges and its Checkout Session.
///
/// Each of these is enough for a row; together they correct one another.
struct Purchase: Sendable {
    enum Status: String {
        case pending
        case requiresAction = "requires_action"
        case succeeded
        case failed
        case canceled
    }

    let group: PaymentGroup
    let intentID: String?
    let intent: PaymentGroup.Known<PaymentIntent>?
    let charges: [PaymentGroup.Known<Charge>]
    let session: PaymentGroup.Known<CheckoutSession>?

    // Computed once, because they are read often; each depends on the ones before it.

    private(set) var status = Status.pending
    /// The charge of the customer's receipt: the one that succeeded, else the last attempt.
    ///
    /// `nil` also if there has been a later attempt than the known ones.
    private(set) var decidingCharge: PaymentGroup.Known<Charge>?
    /// The amount captured, in minor units; 0 before a capture.
    private(set) var capturedAmount: Int64 = 0
    private(set) var customer: String?
    /// The Refund objects of this payment.
    private(set) var refunds: [PaymentGroup.Known<Refund>] = []
    /// The refunds that really returned money to the customer.
    private(set) var moneyBack: [PaymentGroup.Known<Refund>] = []
    /// The ids of `moneyBack`.
    private(set) var idsOfMoneyBack: Set<String> = []

    init(
        group: PaymentGroup,
        intentID: String?,
        intent: PaymentGroup.Known<PaymentIntent>?,
        charges: [PaymentGroup.Known<Charge>],
        session: PaymentGroup.Known<CheckoutSession>?
    ) {
        self.group = group
        self.intentID = intentID
        self.intent = intent
        self.charges = charges
        self.session = session
        status = findStatus()
        decidingCharge = findDecidingCharge()
        capturedAmount = findCapturedAmount()
        refunds = findRefunds()
        moneyBack = findMoneyBack()
        idsOfMoneyBack = Set(moneyBack.map(\.object.id))
        customer = findCustomer()
    }

    // MARK: The charge that decides

    private func findDecidingCharge() -> PaymentGroup.Known<Charge>? {
        if let settled = charges.filter(\.object.isPaid).newest
            ?? charges.filter(\.object.isAuthorisedOnly).newest
        {
            return settled
        }
        guard let last = newestCharge else { return nil }
        // A waiting payment has a later attempt than the failed one.
        if isWaiting, last.object.status == .failed { return nil }
        if let intent, let latest = intent.object.latestCharge?.id, intent.observedAt >= last.observedAt,
            !charges.contains(where: { $0.object.id == latest })
        {
            return nil
        }
        return last
    }

    var chargeID: String? {
        if let decidingCharge { return decidingCharge.object.id }
        let failed = isWaiting ? Set(charges.filter { $0.object.status == .failed }.map(\.object.id)) : []
        if let latest = intent?.object.latestCharge?.id, !failed.contains(latest) { return latest }
        guard let intentID else { return nil }
        return group.linked(.charge, from: ObjectReference(.paymentIntent, intentID), except: failed)
    }

    // MARK: The row

    var currency: Currency {
        intent?.object.currency ?? decidingCharge?.object.currency ?? session?.object.currency
            ?? Currency("usd")
    }

    private func findCustomer() -> String? {
        intent?.object.customer?.id ?? decidingCharge?.object.customer?.id ?? session?.object.customer?.id
            ?? group.invoices.first { $0.object.id == invoice }?.object.customer?.id
            ?? refunds.compactMap { $0.object.customer?.id }.min()
    }

    var invoice: String? {
        let own =
            (intentID.map { [ObjectReference(.paymentIntent, $0)] } ?? []) + charges.map(\.object.reference)
        return group.invoiceID(paidBy: own)
            ?? session.flatMap { group.linked(.invoice, from: $0.object.reference) }
    }

    var paymentMethod: PaymentMethod? {
        let declined = isWaiting ? nil : intent?.object.lastPaymentError?.paymentMethod
        let details =
            decidingCharge?.object.paymentMethodDetails ?? declined ?? intent?.object.paymentMethod
        return details.map(PaymentMethod.init)
    }

    var presentment: Presentment? {
        decidingCharge?.object.presentment ?? intent?.object.presentment ?? session?.object.presentment
    }

    /// Whether the payment only checked a card.
    var isCardValidation: Bool {
        intent?.object.isCardValidation == true || charges.contains(where: \.object.isCardValidation)
    }

    private var created: Instant {
        let fallback = charges.map(\.object.created).min() ?? session?.object.created ?? session?.observedAt
        return intent?.object.created ?? fallback ?? Instant(unixSeconds: 0)
    }

    private var isLive: Bool {
        ([intent?.snapshot, session?.snapshot] + charges.map(\.snapshot)).contains { $0?.livemode == true }
    }

    private var failure: Transaction.Failure? {
        guard status == .failed else { return nil }
        let error = intent?.object.lastPaymentError
        let failed = charges.filter { $0.object.status == .failed }
            .max { ($0.object.created, $0.object.id) < ($1.object.created, $1.object.id) }
        // A later attempt may have failed before it created a charge, for example at the bank's
        // authentication.
        let isSuperseded =
            intent.map { intent in
                intent.object.hasFailed && error?.charge != failed?.object.id
                    && intent.observedAt > failed?.object.failedAt ?? Instant(unixSeconds: .min)
            } ?? false
        guard !isSuperseded, let charge = failed?.object,
            charge.failureCode != nil || charge.failureMessage != nil
        else {
            return error.map { .init(code: $0.code, declineCode: $0.declineCode, message: $0.message) }
        }
        return .init(
            code: charge.failureCode,
            declineCode: error?.code == charge.failureCode ? error?.declineCode : nil,
            message: charge.failureMessage
        )
    }

    /// When the money was paid, if events say so and it was long after the purchase was made.
    private var succeededAt: Instant? {
        guard status == .succeeded else { return nil }
        let charge = decidingCharge?.object
        let told = intent?.object.toldSucceeded ?? charge?.toldCaptured?.at ?? charge?.toldSucceeded
        return told.flatMap { $0.seconds(since: created) > 3600 ? $0 : nil }
    }

    var transaction: Transaction {
        let status = self.status
        var row = Transaction(
            id: intentID ?? chargeID ?? "",
            type: .purchase,
            status: status.rawValue,
            amount: amount,
            amountRefunded: amountRefunded,
            currency: currency,
            created: created,
            customer: customer,
            description: intent?.object.description ?? decidingCharge?.object.description,
            paymentMethod: paymentMethod,
            paymentIntent: intentID,
            charge: chargeID,
            invoice: invoice,
            refund: nil,
            dispute: nil,
            failure: failure,
            disputed: isDisputed,
            livemode: isLive,
            account: group.account,
            receipt: .init(
                available: status == .succeeded,
                number: decidingCharge?.object.receiptNumber
            ),
            presentment: presentment,
            nextAction: status == .requiresAction ? intent?.object.nextAction : nil,
            reference: nil,
            amountGone: 0
        )
        row.succeededAt = succeededAt
        row.bonus = bonus
        return row
    }
}

extension [PaymentGroup.Known<Charge>] {
    /// The last attempt.
    var newest: PaymentGroup.Known<Charge>? {
        self.max { ($0.object.created, $0.object.id) < ($1.object.created, $1.object.id) }
    }
}
