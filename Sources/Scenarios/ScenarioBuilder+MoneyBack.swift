import Billing

/// Actions that return money: refunds, which may fail weeks later, and disputes.
extension ScenarioBuilder {
    // MARK: Refunds

    /// The refundable amount of the last paid charge.
    var refundable: Int64 {
        guard let charge = charges.last(where: \.isPaid) else { return 0 }
        return charge.amountCaptured
            - refunds.filter { $0.charge == charge.id && $0.counts }.reduce(0) { $0 + $1.amount }
    }

    /// Refunds the last paid charge.
    ///
    /// - Returns: The index in ``refunds``; `nil` if no charge is paid.
    @discardableResult
    mutating func refund(_ amount: Int64, status: RefundBody.Status = .succeeded) -> Int? {
        guard let index = charges.lastIndex(where: \.isPaid) else { return nil }
        var refund = newRefund(
            of: charges[index],
            amount: amount,
            reason: "requested_by_customer",
            isMoneyBack: true
        )
        refund.status = status
        let before = charges[index].amountRefunded
        charges[index].amountRefunded += amount
        refunds.append(refund)
        if shape != .chargesOnly { emitNewRefund(refunds.count - 1) }
        emitCharge("refunded", index, changed: ["amount_refunded": .integer(before)])
        return refunds.count - 1
    }

    /// The acquirer assigns the refund's reference number.
    mutating func referenceRefund(_ index: Int) {
        refunds[index].reference = ids.digits(23)
        if refunds[index].status == .pending { refunds[index].status = .succeeded }
        if shape != .chargesOnly { emitRefund("refund.updated", index, cause: .later) }
        emitRefund("charge.refund.updated", index, cause: .later)
    }

    /// The bank returns the refund: the customer does not get the money.
    mutating func failRefund(_ index: Int, emitsCharge: Bool = true) {
        endRefund(index, as: .failed, reason: "expired_or_canceled_card")
        if shape != .chargesOnly {
            emitRefund("refund.updated", index, cause: .later)
            emitRefund("refund.failed", index, cause: .later)
        }
        emitRefund("charge.refund.updated", index, cause: .later)
        if emitsCharge, let charge = charges.firstIndex(where: { $0.id == refunds[index].charge }) {
            emitCharge("updated", charge, cause: .later)
        }
    }

    /// A refund that waits for the customer is canceled.
    mutating func cancelRefund(_ index: Int) {
        endRefund(index, as: .canceled, reason: "merchant_request")
        if shape != .chargesOnly { emitRefund("refund.updated", index, cause: .later) }
        emitRefund("charge.refund.updated", index, cause: .later)
        if let charge = charges.firstIndex(where: { $0.id == refunds[index].charge }) {
            emitCharge("updated", charge, cause: .later)
        }
    }

    private mutating func endRefund(_ index: Int, as status: RefundBody.Status, reason: String) {
        refunds[index].status = status
        refunds[index].failureReason = reason
        if let charge = charges.firstIndex(where: { $0.id == refunds[index].charge }) {
            charges[charge].amountRefunded -= refunds[index].amount
        }
    }

    mutating func newRefund(
        of charge: ChargeBody,
        amount: Int64,
        reason: String?,
        isMoneyBack: Bool
    ) -> RefundBody {
        RefundBody(
            id: ids.ofPayment(charge.instrument.isSlow ? "pyr" : "re"),
            charge: charge.id,
            intent: charge.intent,
            customer: charge.customer,
            amount: amount,
            currency: charge.currency,
            created: now,
            reason: reason,
            balanceTransaction: ids.ofPayment("txn"),
            isMoneyBack: isMoneyBack
        )
    }

    mutating func emitRefund(_ type: String, _ index: Int, cause: Cause = .request) {
        let expansions = expansions()
        let refund = refunds[index]
        emit(type, cause: cause) { refund.json($0, expanding: expansions) }
    }

    /// Emits the event of a new refund.
    ///
    /// Stripe sends `refund.created` for every refund since 2024-10-28.acacia. Before, a charge's refund was
    /// sent in `charge.refund.updated` (<https://docs.stripe.com/changelog/acacia/2024-10-28>).
    mutating func emitNewRefund(_ index: Int, cause: Cause = .request) {
        emitRefund(shape.isBeforeBasil ? "charge.refund.updated" : "refund.created", index, cause: cause)
    }

    // MARK: Disputes

    /// The customer's bank opens a dispute or, before one, an inquiry.
    mutating func dispute(isInquiry: Bool = false) {
        guard let index = charges.lastIndex(where: \.isPaid) else { return }
        var dispute = DisputeBody(
            id: ids.ofAccount("dp"),
            charge: charges[index].id,
            intent: charges[index].intent,
            amount: charges[index].amountCaptured,
            currency: charges[index].currency,
            created: now,
            reason: "fraudulent",
            status: isInquiry ? .warningNeedsResponse : .needsResponse
        )
        if !isInquiry { dispute.withdrawal = ids.ofAccount("txn") }
        charges[index].dispute = dispute.id
        disputes.append(dispute)
        emitDispute("created")
        if !isInquiry { emitDispute("funds_withdrawn") }
    }

    /// The merchant submits evidence.
    mutating func answerDispute() {
        guard let index = disputes.indices.last else { return }
        let isInquiry = disputes[index].status == .warningNeedsResponse
        disputes[index].status = isInquiry ? .warningUnderReview : .underReview
        disputes[index].hasEvidence = true
        emitDispute("updated", cause: .request)
    }

    /// The bank decides the dispute; if it is won, the money is returned.
    mutating func closeDispute(_ status: DisputeBody.Status) {
        guard let index = disputes.indices.last else { return }
        disputes[index].status = status
        if status == .won { disputes[index].reinstatement = ids.ofAccount("txn") }
        emitDispute("closed")
        if status == .won { emitDispute("funds_reinstated") }
    }

    private mutating func emitDispute(_ change: String, cause: Cause = .later) {
        guard let dispute = disputes.last else { return }
        let expansions = expansions()
        emit("charge.dispute.\(change)", cause: cause) { dispute.json($0, expanding: expansions) }
    }
}
