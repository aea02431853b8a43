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

    /// The charge the customer's receipt belongs to: the one that succeeded, else the last attempt.
    ///
    /// `nil` as well when there has been a later attempt than those we have seen.
    private(set) var decidingCharge: PaymentGroup.Known<Charge>?
    private(set) var status = Status.pending
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
        decidingCharge = findDecidingCharge()
        status = findStatus()
        capturedAmount = findCapturedAmount()
    }

    // MARK: Status

    private func findStatus() -> Status {
        if intent?.object.status == .canceled { return .canceled }
        if intent?.object.status == .succeeded { return failedAfterwards ? .failed : .succeeded }
        if charges.contains(where: { $0.object.isPaid }) || session?.object.isPaid == true {
            return .succeeded
        }
        return newestEvidence ?? .pending
    }

    /// Whether the charge that made the payment succeed turned out to have failed: bank debits can, days later.
    private var failedAfterwards: Bool {
        guard let intent, !charges.contains(where: \.object.isPaid) else { return false }
        if let latest = intent.object.latestCharge?.id {
            return charges.contains { $0.object.id == latest && $0.object.status == .failed }
        }
        // Before 2022-11-15 the intent carried its charges and named none of them the latest.
        let newest = charges.max { ($0.object.created, $0.object.id) < ($1.object.created, $1.object.id) }
        return newest.map { $0.object.status == .failed && $0.shownAt >= intent.shownAt } ?? false
    }

    /// What the latest word of the PaymentIntent or any charge means while nothing has succeeded.
    private var newestEvidence: Status? {
        var evidence: [(at: Instant, rank: Int, status: Status)] = []
        if let intent {
            switch intent.object.status {
            case .requiresAction: evidence.append((intent.shownAt, 4, .requiresAction))
            case .requiresPaymentMethod where intent.object.hasFailed:
                evidence.append((intent.shownAt, 4, .failed))
            case .requiresPaymentMethod: evidence.append((intent.shownAt, 0, .pending))
            default: evidence.append((intent.shownAt, 4, .pending))
            }
        }
        for charge in charges {
            if charge.object.status == .failed {
                evidence.append((charge.shownAt, 2, .failed))
            } else if isLapsed(charge.object) {
                evidence.append((charge.shownAt, 3, .canceled))
            } else {
                evidence.append((charge.shownAt, 0, .pending))
            }
        }
        return evidence.max { ($0.at, $0.rank) < ($1.at, $1.rank) }?.status
    }

    /// Whether an authorisation was let go, by cancelling it or by Stripe after seven days.
    private func isLapsed(_ charge: Charge) -> Bool {
        guard charge.isAuthorisedOnly else { return false }
        return charge.refunded == true || charge.amountRefunded >= charge.amount && charge.amount > 0
    }

    // MARK: The charge that decides

    private func findDecidingCharge() -> PaymentGroup.Known<Charge>? {
        func newest(_ charges: [PaymentGroup.Known<Charge>]) -> PaymentGroup.Known<Charge>? {
            charges.max { ($0.object.created, $0.object.id) < ($1.object.created, $1.object.id) }
        }
        if let settled = newest(charges.filter(\.object.isPaid))
            ?? newest(charges.filter(\.object.isAuthorisedOnly))
        {
            return settled
        }
        let last = newest(charges)
        if let intent, let latest = intent.object.latestCharge?.id, let last, intent.shownAt >= last.shownAt,
            !charges.contains(where: { $0.object.id == latest })
        {
            return nil
        }
        return last
    }

    var chargeID: String? {
        decidingCharge?.object.id ?? intent?.object.latestCharge?.id
            ?? intentID.flatMap { group.linked(.charge, from: ObjectReference(.paymentIntent, $0)) }
    }

    // MARK: Money

    private func findCapturedAmount() -> Int64 {
        let stated = [intent?.object.amountReceived, decidingCharge?.object.amountCaptured]
            .compactMap(\.self).filter { $0 > 0 }.max()
        if status == .succeeded || charges.contains(where: \.object.isPaid) {
            return stated ?? decidingCharge?.object.amount ?? intent?.object.amount
                ?? session?.object.amountTotal ?? 0
        }
        return 0
    }

    var amount: Int64 {
        let captured = capturedAmount
        if captured > 0 { return captured }
        return intent?.object.amount ?? decidingCharge?.object.amount ?? session?.object.amountTotal ?? 0
    }

    /// The part of the authorisation that was let go at capture; Stripe books it as a refund.
    private var uncapturedRemainder: Int64 {
        guard capturedAmount > 0, let authorised = decidingCharge?.object.amount ?? intent?.object.amount
        else {
            return 0
        }
        return max(0, authorised - capturedAmount)
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
        let candidates = refunds.filter { !$0.object.isLapsedAuthorisation }
        let isLetGo = status == .canceled || decidingCharge?.object.isAuthorisedOnly == true
        if isLetGo, capturedAmount == 0 { return [] }
        let remainderID = remainderRefund(among: candidates)?.object.id
        return candidates.filter { $0.object.id != remainderID }
    }

    /// The refund that is only the uncaptured remainder: the first of exactly that amount, made at capture.
    private func remainderRefund(
        among refunds: [PaymentGroup.Known<Refund>]
    ) -> PaymentGroup.Known<Refund>? {
        let remainder = uncapturedRemainder
        // A charge that we have seen only authorised knows nothing yet of the capture that the intent tells of.
        let captured = decidingCharge.flatMap { $0.object.isPaid ? $0 : nil }
        let seen = [captured?.shownAt, intent?.shownAt].compactMap(\.self).max()
        guard remainder > 0, let seenAt = seen else { return nil }
        let booked = refunds.filter {
            $0.object.created <= seenAt && ($0.object.counts || $0.shownAt >= seenAt)
        }
        // Had the remainder no refund of its own, Stripe's total would exceed the refunds by it.
        let total = booked.totalAmount
        if let stated = captured?.object.amountRefunded, total <= stated - remainder { return nil }
        return booked.filter { $0.object.counts && $0.object.amount == remainder }
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
        let stated = max(0, charge.object.amountRefunded - uncapturedRemainder)
        let inStated = moneyBack.filter { refund in
            refund.object.created <= charge.shownAt
                && (refund.object.counts || refund.shownAt >= charge.shownAt)
        }
        .totalAmount
        return max(0, stated - inStated)
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
        let details =
            decidingCharge?.object.paymentMethodDetails ?? intent?.object.lastPaymentError?.paymentMethod
            ?? intent?.object.paymentMethod
        return details.map(PaymentMethod.init)
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
                    && intent.shownAt > failed?.shownAt ?? Instant(unixSeconds: .min)
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
            )
        )
    }
}

extension [PaymentGroup.Known<Refund>] {
    /// What they come to.
    fileprivate var totalAmount: Int64 { reduce(0) { $0.addingClamped($1.object.amount) } }
}

extension Int64 {
    /// The sum, or the largest number there is: no amounts in an event, however absurd, may stop the service.
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflowed) = addingReportingOverflow(other)
        return overflowed ? .max : sum
    }
}
