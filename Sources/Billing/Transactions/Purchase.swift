/// One payment, as its PaymentIntent, its charges and its Checkout Session tell it.
///
/// Each of them alone is enough for a row; together they correct one another.
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

    // Asked for again and again, so worked out once, each from those before it.

    private(set) var status = Status.pending
    /// The charge the customer's receipt belongs to: the one that succeeded, else the last attempt.
    ///
    /// `nil` as well when there has been a later attempt than those we have seen.
    private(set) var decidingCharge: PaymentGroup.Known<Charge>?
    /// What was taken, in minor units; 0 until something was.
    private(set) var capturedAmount: Int64 = 0

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
    }

    // MARK: Status

    /// The PaymentIntent's state is the payment's state, unless something later is known.
    private func findStatus() -> Status {
        let received = intent?.object.amountReceived ?? 0
        if intent?.object.status == .canceled, received == 0 { return .canceled }
        if intent?.object.status == .succeeded { return failedAfterwards ? .failed : .succeeded }
        if charges.contains(where: \.object.isPaid) || session?.object.isPaid == true { return .succeeded }
        // Money can be captured in parts while more may follow (https://docs.stripe.com/payments/multicapture).
        if received > 0, intent?.object.status == .requiresCapture || intent?.object.status == .canceled {
            return .succeeded
        }
        guard let intent else { return statusWithoutIntent }
        return laterNews(than: intent) ?? intent.object.purchaseStatus
    }

    /// Whether the charge that made the payment succeed turned out to have failed: bank debits can, days later.
    private var failedAfterwards: Bool {
        guard let intent, !charges.contains(where: \.object.isPaid) else { return false }
        if let latest = intent.object.latestCharge?.id {
            return charges.contains { $0.object.id == latest && $0.object.status == .failed }
        }
        // Before 2022-11-15 the intent carried its charges and named none of them the latest.
        return newestCharge.map { $0.object.status == .failed && $0.object.failedAt > intent.shownAt }
            ?? false
    }

    private var newestCharge: PaymentGroup.Known<Charge>? { charges.newest }

    /// What is known to have happened after the PaymentIntent's snapshot.
    ///
    /// An edit of an old attempt tells nothing new of the payment, however late it comes: an attempt counts from when it
    /// failed or was made, not from when it was last shown.
    private func laterNews(than intent: PaymentGroup.Known<PaymentIntent>) -> Status? {
        var news: [(at: Instant, rank: Int, status: Status)] = []
        // In the same second a failure is later only than an intent that waits for an attempt.
        let isUntried = intent.object.status == .requiresPaymentMethod && !intent.object.hasFailed
        func isLater(_ time: Instant) -> Bool { time > intent.shownAt || isUntried && time == intent.shownAt }
        if let charge = newestCharge?.object {
            if charge.status == .failed {
                if isLater(charge.failedAt) { news.append((charge.failedAt, 1, .failed)) }
            } else if charge.created > intent.shownAt {
                news.append((charge.created, 0, .pending))
            }
        }
        if let failed = session?.object.toldFailed, isLater(failed) { news.append((failed, 1, .failed)) }
        for charge in charges where charge.object.isLapsed {
            let at = charge.object.toldExpired ?? charge.shownAt
            if at >= intent.shownAt { news.append((at, 2, .canceled)) }
        }
        return news.max { ($0.at, $0.rank) < ($1.at, $1.rank) }?.status
    }

    private var statusWithoutIntent: Status {
        if let failed = session?.object.toldFailed, newestCharge.map({ failed >= $0.object.created }) ?? true
        {
            return .failed
        }
        guard let charge = newestCharge?.object else { return .pending }
        if charge.status == .failed { return .failed }
        return charge.isLapsed ? .canceled : .pending
    }

    private var isWaiting: Bool { status == .pending || status == .requiresAction }

    // MARK: The charge that decides

    private func findDecidingCharge() -> PaymentGroup.Known<Charge>? {
        if let settled = charges.filter(\.object.isPaid).newest
            ?? charges.filter(\.object.isAuthorisedOnly).newest
        {
            return settled
        }
        guard let last = newestCharge else { return nil }
        // A payment that waits is at a later attempt than one that has failed.
        if isWaiting, last.object.status == .failed { return nil }
        if let intent, let latest = intent.object.latestCharge?.id, intent.shownAt >= last.shownAt,
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

    // MARK: Money

    private func findCapturedAmount() -> Int64 {
        guard status == .succeeded || charges.contains(where: \.object.isPaid) else { return 0 }
        let charge = decidingCharge?.object
        let paid = charge.flatMap { $0.isPaid ? $0 : nil }
        let stated = [intent?.object.amountReceived, paid?.amountCaptured].compactMap(\.self)
            .filter { $0 > 0 }.max()
        return stated ?? paid?.capturedAmount ?? charge?.amount ?? intent?.object.amount ?? session?.object
            .amountTotal ?? 0
    }

    var amount: Int64 {
        let captured = capturedAmount
        if captured > 0 { return captured }
        return intent?.object.amount ?? decidingCharge?.object.amount ?? session?.object.amountTotal ?? 0
    }

    /// The part of the authorisation that was released at capture.
    private var uncapturedRemainder: Int64 {
        guard capturedAmount > 0, let authorised = decidingCharge?.object.amount ?? intent?.object.amount
        else {
            return 0
        }
        return max(0, authorised - capturedAmount)
    }

    /// What of the remainder Stripe booked as a refund, though no money went back.
    ///
    /// It did until 2025-03-31.basil, and not since
    /// (<https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow>).
    /// Whether it did is settled at the capture; the version that an event is told in proves nothing. So what
    /// `charge.captured` counted as refunded decides, and the version only where that event was not told.
    private var bookedRemainder: Int64 {
        let remainder = uncapturedRemainder
        guard remainder > 0 else { return 0 }
        let charge = decidingCharge.flatMap { $0.object.isPaid ? $0 : nil }
        if let captured = charge?.object.toldCaptured {
            return captured.refunded >= remainder ? remainder : 0
        }
        // A refund made no later than the capture is the remainder: no money was taken before.
        if let captured = intent?.object.toldSucceeded,
            refunds.contains(where: {
                $0.object.counts && $0.object.amount == remainder && $0.object.created <= captured
            })
        {
            return remainder
        }
        let version = (charge?.snapshot ?? intent?.snapshot)?.apiVersion.flatMap { APIVersion($0) }
        if let version, version >= .basil { return 0 }
        guard let charge else { return version == nil ? 0 : remainder }
        let later = intent?.object.toldSucceeded.map { captured in
            refunds.filter { $0.object.created > captured && $0.isCounted(in: charge) }.totalAmount
        }
        return charge.object.amountRefunded - (later ?? 0) >= remainder ? remainder : 0
    }

    /// The Refund objects that go back to this payment.
    var refunds: [PaymentGroup.Known<Refund>] {
        group.refunds.filter { refund in
            let charge = group.linked(.charge, from: refund.object.reference)
            if let charge, charges.contains(where: { $0.object.id == charge }) { return true }
            return intentID != nil && group.intentID(behind: refund.object.reference) == intentID
        }
    }

    /// The refunds in which money really went back to the customer.
    var moneyBack: [PaymentGroup.Known<Refund>] {
        let isLetGo =
            status == .canceled || status == .failed || decidingCharge?.object.isAuthorisedOnly == true
        if isLetGo, capturedAmount == 0 { return [] }
        let candidates = refunds.filter { !$0.object.isLapsedAuthorisation && !isOfFailedCharge($0) }
        let remainderID = remainderRefund(among: candidates)?.object.id
        return candidates.filter { $0.object.id != remainderID }
    }

    /// Whether the refund belongs to a charge that failed in the end, so that no money was there to go back.
    ///
    /// When a bank debit fails, Stripe books a refund of its own (<https://docs.stripe.com/changelog/2019-05-16>).
    private func isOfFailedCharge(_ refund: PaymentGroup.Known<Refund>) -> Bool {
        guard let id = group.linked(.charge, from: refund.object.reference) else { return false }
        return charges.contains { $0.object.id == id && $0.object.status == .failed }
    }

    /// The refund that is only the uncaptured remainder: of exactly that amount, and made no later than the capture.
    private func remainderRefund(
        among refunds: [PaymentGroup.Known<Refund>]
    ) -> PaymentGroup.Known<Refund>? {
        let remainder = bookedRemainder
        let charge = decidingCharge.flatMap { $0.object.isPaid ? $0 : nil }
        guard remainder > 0,
            let captured = charge?.object.toldCaptured?.at ?? intent?.object.toldSucceeded
                ?? charge?.shownAt ?? intent?.shownAt
        else { return nil }
        return refunds.filter {
            $0.object.counts && $0.object.amount == remainder && $0.object.created <= captured
        }
        .min { ($0.object.created, $0.object.id) < ($1.object.created, $1.object.id) }
    }

    /// What went back, from the Refund objects we know and from the charge's running total for those we do not.
    var amountRefunded: Int64 {
        guard capturedAmount > 0 else { return 0 }
        return amountRefundedUnseen.addingClamped(moneyBack.filter(\.object.counts).totalAmount)
    }

    /// What the charge's running total says beyond the Refund objects we know.
    ///
    /// The total is as old as the charge's snapshot: refunds made since are missing from it, refunds that have
    /// failed since are still in it.
    var amountRefundedUnseen: Int64 {
        guard capturedAmount > 0, let charge = decidingCharge else { return 0 }
        let stated = max(0, charge.object.amountRefunded - bookedRemainder)
        return max(0, stated - moneyBack.filter { $0.isCounted(in: charge) }.totalAmount)
    }

    var isDisputed: Bool {
        charges.contains(where: \.object.isDisputed)
            || group.disputes.contains { dispute in
                let charge = group.linked(.charge, from: dispute.object.reference)
                return charges.contains { $0.object.id == charge }
                    || (intentID != nil && group.intentID(behind: dispute.object.reference) == intentID)
            }
    }

    // MARK: The row

    var currency: Currency {
        intent?.object.currency ?? decidingCharge?.object.currency ?? session?.object.currency
            ?? Currency("usd")
    }

    var customer: String? {
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

    /// Whether it only checked a card.
    var isCardValidation: Bool {
        intent?.object.isCardValidation == true || charges.contains(where: \.object.isCardValidation)
    }

    private var created: Instant {
        let fallback = charges.map(\.object.created).min() ?? session?.object.created ?? session?.shownAt
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
        // A later attempt may have failed before it came to a charge: at the bank's authentication, say.
        let isSuperseded =
            intent.map { intent in
                intent.object.hasFailed && error?.charge != failed?.object.id
                    && intent.shownAt > failed?.object.failedAt ?? Instant(unixSeconds: .min)
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

    var transaction: Transaction {
        let status = self.status
        return Transaction(
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
            nextAction: status == .requiresAction ? intent?.object.nextAction : nil
        )
    }
}

extension PaymentIntent {
    /// What the state means to a customer, by itself.
    fileprivate var purchaseStatus: Purchase.Status {
        switch status {
        case .canceled: .canceled
        case .succeeded: .succeeded
        case .requiresAction: .requiresAction
        case .requiresPaymentMethod: hasFailed ? .failed : .pending
        case .requiresConfirmation, .processing, .requiresCapture, nil: .pending
        }
    }
}

extension [PaymentGroup.Known<Charge>] {
    /// The last attempt.
    fileprivate var newest: PaymentGroup.Known<Charge>? {
        self.max { ($0.object.created, $0.object.id) < ($1.object.created, $1.object.id) }
    }
}

extension PaymentGroup.Known<Refund> {
    /// Whether the charge, as it was last shown, has the refund in its running total.
    fileprivate func isCounted(in charge: PaymentGroup.Known<Charge>) -> Bool {
        object.created <= charge.shownAt && (object.counts || shownAt >= charge.shownAt)
    }
}

extension [PaymentGroup.Known<Refund>] {
    /// What they come to.
    fileprivate var totalAmount: Int64 { reduce(0) { $0.addingClamped($1.object.amount) } }
}
