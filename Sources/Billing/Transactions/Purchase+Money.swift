extension Purchase {
    func findCapturedAmount() -> Int64 {
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
        return max(0, authorised.subtractingClamped(capturedAmount))
    }

    /// The part of the uncaptured remainder that Stripe recorded as a refund although no money was returned,
    /// in minor units.
    ///
    /// Stripe did so before API version 2025-03-31.basil
    /// (<https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow>).
    /// The version at the capture decides, and the version of an event does not prove it. Therefore the
    /// refunded amount in `charge.captured` decides, and the event's version only if there was no such event.
    private var bookedRemainder: Int64 {
        let remainder = uncapturedRemainder
        guard remainder > 0 else { return 0 }
        let charge = decidingCharge.flatMap { $0.object.isPaid ? $0 : nil }
        if let captured = charge?.object.toldCaptured {
            return captured.refunded >= remainder ? remainder : 0
        }
        // A refund created no later than the capture is the remainder, because no money had been taken
        // before.
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
        return charge.object.amountRefunded.subtractingClamped(later ?? 0) >= remainder ? remainder : 0
    }

    func findRefunds() -> [PaymentGroup.Known<Refund>] {
        group.refunds.filter { refund in
            let charge = group.linked(.charge, from: refund.object.reference)
            if let charge, charges.contains(where: { $0.object.id == charge }) { return true }
            return intentID != nil && group.intentID(behind: refund.object.reference) == intentID
        }
    }

    func findMoneyBack() -> [PaymentGroup.Known<Refund>] {
        let isLetGo =
            status == .canceled || status == .failed || decidingCharge?.object.isAuthorisedOnly == true
        if isLetGo, capturedAmount == 0 { return [] }
        let candidates = refunds.filter { !$0.object.isLapsedAuthorisation && !isOfFailedCharge($0) }
        let remainderID = remainderRefund(among: candidates)?.object.id
        return candidates.filter { $0.object.id != remainderID }
    }

    /// Whether the refund belongs to a charge that failed in the end, so that there was no money to return.
    ///
    /// When a bank debit fails, Stripe creates a refund of its own
    /// (<https://docs.stripe.com/changelog/2019-05-16>).
    private func isOfFailedCharge(_ refund: PaymentGroup.Known<Refund>) -> Bool {
        guard let id = group.linked(.charge, from: refund.object.reference) else { return false }
        return charges.contains { $0.object.id == id && $0.object.status == .failed }
    }

    /// The refund that is only the uncaptured remainder: it has exactly that amount, and is no later than the
    /// capture.
    private func remainderRefund(
        among refunds: [PaymentGroup.Known<Refund>]
    ) -> PaymentGroup.Known<Refund>? {
        let remainder = bookedRemainder
        let charge = decidingCharge.flatMap { $0.object.isPaid ? $0 : nil }
        guard remainder > 0,
            let captured = charge?.object.toldCaptured?.at ?? intent?.object.toldSucceeded
                ?? charge?.observedAt ?? intent?.observedAt
        else { return nil }
        return refunds.filter {
            $0.object.counts && $0.object.amount == remainder && $0.object.created <= captured
        }
        .min { ($0.object.created, $0.object.id) < ($1.object.created, $1.object.id) }
    }

    /// The amount refunded: that of the known Refund objects, and the rest of the charge's running total.
    var amountRefunded: Int64 {
        guard capturedAmount > 0 else { return 0 }
        return amountRefundedUnseen.addingClamped(moneyBack.filter(\.object.counts).totalAmount)
    }

    /// The amount by which the charge's running total exceeds the known Refund objects.
    ///
    /// The total is as old as the charge's snapshot: it lacks later refunds, and still includes refunds that
    /// have failed since.
    var amountRefundedUnseen: Int64 {
        guard capturedAmount > 0, let charge = decidingCharge else { return 0 }
        let stated = max(0, charge.object.amountRefunded.subtractingClamped(bookedRemainder))
        return max(0, stated.subtractingClamped(moneyBack.filter { $0.isCounted(in: charge) }.totalAmount))
    }

    var isDisputed: Bool {
        charges.contains(where: \.object.isDisputed)
            || group.disputes.contains { dispute in
                let charge = group.linked(.charge, from: dispute.object.reference)
                return charges.contains { $0.object.id == charge }
                    || (intentID != nil && group.intentID(behind: dispute.object.reference) == intentID)
            }
    }
}

extension PaymentGroup.Known<Refund> {
    /// Whether the charge's running total, in its latest snapshot, includes the refund.
    fileprivate func isCounted(in charge: PaymentGroup.Known<Charge>) -> Bool {
        object.created <= charge.observedAt && (object.counts || observedAt >= charge.observedAt)
    }
}

extension [PaymentGroup.Known<Refund>] {
    /// The sum of the amounts, in minor units.
    fileprivate var totalAmount: Int64 { reduce(0) { $0.addingClamped($1.object.amount) } }
}
