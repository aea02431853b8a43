import Billing

/// Actions of a payment, from its creation to its success or failure.
extension ScenarioBuilder {
    // MARK: Beginning

    /// A payment is created.
    ///
    /// In versions before PaymentIntents this emits no event.
    mutating func begin(_ instrument: PaymentMethodFixture = .visa, capturesByHand: Bool = false) {
        self.instrument = instrument
        guard shape != .chargesOnly else { return }
        intent = PaymentIntentBody(
            id: ids.ofPayment("pi"),
            secret: random.letters(25),
            amount: options.amount,
            currency: options.currency,
            customer: customer,
            created: now,
            instrument: instrument,
            capturesByHand: capturesByHand,
            invoice: invoice?.id
        )
        invoice?.intent = intent?.id
        emitIntent("created")
    }

    // MARK: Attempts

    /// An attempt succeeds at once.
    mutating func pay() {
        let index = attempt { charge in
            charge.status = .succeeded
            charge.isCaptured = true
            charge.amountCaptured = charge.amount
        }
        receive(charges[index].amount)
        emitCharge("succeeded", index)
        emitIntent("succeeded")
    }

    /// Stripe books the charge, some seconds after its success.
    mutating func settle() {
        guard let index = charges.lastIndex(where: \.isPaid) else { return }
        charges[index].balanceTransaction = ids.ofPayment("txn")
        emitCharge("updated", index, changed: ["balance_transaction": nil], cause: .later)
    }

    /// An attempt is declined; the customer may try again.
    mutating func decline(_ decline: ChargeBody.Decline = ChargeBody.Decline.all[0]) {
        let index = attempt { charge in
            charge.status = .failed
            charge.decline = decline
        }
        fail(with: decline, charge: charges[index])
        emitCharge("failed", index)
        emitIntent("payment_failed")
    }

    /// The bank requires the customer to authenticate.
    mutating func requireAction() {
        intent?.status = .requiresAction
        intent?.lastError = nil
        emitIntent("requires_action")
    }

    /// The customer fails to authenticate; no charge is made.
    mutating func failAction() {
        fail(
            with: ChargeBody.Decline(
                code: "payment_intent_authentication_failure",
                declineCode: nil,
                message: "The provided payment method has failed authentication."
            ),
            charge: nil
        )
        emitIntent("payment_failed")
    }

    /// The payment is canceled before any money is reserved.
    mutating func cancel() {
        intent?.status = .canceled
        intent?.canceledAt = now
        intent?.cancellationReason = "abandoned"
        emitIntent("canceled")
    }

    // MARK: Bank debits

    /// A debit is submitted to the bank, which answers days later.
    mutating func process() {
        let index = attempt { $0.status = .pending }
        intent?.status = .processing
        intent?.lastError = nil
        emitIntent("processing")
        emitCharge("pending", index)
    }

    /// The debit succeeds.
    mutating func clear() {
        guard let index = charges.lastIndex(where: { $0.status == .pending }) else { return }
        charges[index].status = .succeeded
        charges[index].isCaptured = true
        charges[index].amountCaptured = charges[index].amount
        charges[index].balanceTransaction = ids.ofPayment("txn")
        charges[index].receiptURL = ids.receiptURL()
        receive(charges[index].amount)
        emitCharge("succeeded", index, cause: .later)
        emitIntent("succeeded", cause: .later)
    }

    /// The debit fails.
    mutating func bounce() {
        guard let index = charges.lastIndex(where: { $0.status == .pending }) else { return }
        charges[index].status = .failed
        charges[index].decline = .bank
        fail(with: .bank, charge: charges[index])
        emitCharge("failed", index, cause: .later)
        emitIntent("payment_failed", cause: .later)
    }

    /// The bank returns the debit after its success.
    ///
    /// The PaymentIntent does not change.
    mutating func returnDebit() {
        guard let index = charges.lastIndex(where: \.isPaid) else { return }
        charges[index].status = .failed
        charges[index].isCaptured = false
        charges[index].decline = .bank
        emitCharge("failed", index, cause: .later)
    }

    // MARK: Authorise now, capture later

    /// The amount is authorised on the card, not captured.
    mutating func authorise() {
        let index = attempt { $0.status = .succeeded }
        intent?.status = .requiresCapture
        intent?.lastError = nil
        emitCharge("succeeded", index)
        emitIntent("amount_capturable_updated")
    }

    /// Part or all of the authorised amount is captured.
    ///
    /// Before basil Stripe books the remainder as a refund
    /// (<https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow>).
    mutating func capture(_ amount: Int64, emitsRemainder: Bool = true) {
        guard let index = charges.lastIndex(where: \.isAuthorisedOnly) else { return }
        let remainder = charges[index].amount - amount
        charges[index].isCaptured = true
        charges[index].amountCaptured = amount
        charges[index].amountRefunded = shape.isBeforeBasil ? remainder : 0
        charges[index].balanceTransaction = ids.ofPayment("txn")
        receive(amount)
        if remainder > 0, shape.isBeforeBasil, emitsRemainder || shape.embedsLists {
            refunds.append(newRefund(of: charges[index], amount: remainder, reason: nil, isMoneyBack: false))
            if !shape.embedsLists { emitNewRefund(refunds.count - 1) }
        }
        emitCharge("captured", index, changed: ["amount_captured": 0, "captured": false])
        emitIntent("succeeded")
    }

    /// The authorisation is released: by the merchant, or by Stripe after seven days.
    ///
    /// Before basil Stripe makes a refund of it. Since basil only `charge.expired` shows that the time is
    /// over, and the charge does not change.
    mutating func release(expired: Bool) {
        guard let index = charges.lastIndex(where: \.isAuthorisedOnly) else { return }
        let cause: Cause = expired ? .later : .request
        intent?.status = .canceled
        intent?.canceledAt = now
        guard shape.isBeforeBasil else {
            intent?.cancellationReason = expired ? "expired" : "requested_by_customer"
            if expired || intent == nil { emitCharge("expired", index, cause: cause) }
            return emitIntent("canceled", cause: cause)
        }
        charges[index].amountRefunded = charges[index].amount
        refunds.append(
            newRefund(
                of: charges[index],
                amount: charges[index].amount,
                reason: expired ? "expired_uncaptured_charge" : nil,
                isMoneyBack: false
            )
        )
        intent?.cancellationReason = expired ? "automatic" : "requested_by_customer"
        if !shape.embedsLists { emitNewRefund(refunds.count - 1, cause: cause) }
        emitCharge(expired ? "expired" : "refunded", index, changed: ["amount_refunded": 0], cause: cause)
        emitIntent("canceled", cause: cause)
    }

    // MARK: Checkout

    /// The customer completes the Checkout page; a bank debit is not paid yet then.
    mutating func completeCheckout() {
        let intentID = intent?.id
        session = CheckoutSessionBody(
            id: ids.make("cs_test", length: 58),
            amount: options.amount,
            currency: options.currency,
            customer: customer,
            created: options.startedAt,
            intent: intentID,
            isComplete: true,
            isPaid: intent?.status == .succeeded
        )
        emitSession("completed")
    }

    /// The Checkout Session shows the result of a bank debit.
    mutating func finishCheckout() {
        let isPaid = intent?.status == .succeeded
        session?.isPaid = isPaid
        emitSession(isPaid ? "async_payment_succeeded" : "async_payment_failed", cause: .later)
    }

    private mutating func emitSession(_ change: String, cause: Cause = .request) {
        guard let session else { return }
        let expansions = expansions()
        emit("checkout.session.\(change)", cause: cause) { _ in session.json(expanding: expansions) }
    }

    // MARK: Helpers

    /// Makes the next charge and sets it as the intent's latest charge.
    private mutating func attempt(_ change: (inout ChargeBody) -> Void) -> Int {
        let prefix = instrument.isSlow ? "py" : "ch"
        var charge = ChargeBody(
            id: ids.ofPayment(prefix),
            intent: intent?.id,
            customer: customer,
            amount: options.amount,
            currency: options.currency,
            created: now,
            instrument: instrument,
            methodID: ids.ofAccount(shape == .chargesOnly ? "card" : "pm"),
            fingerprint: random.letters(16),
            invoice: invoice?.id
        )
        change(&charge)
        if charge.status == .succeeded { charge.receiptURL = ids.receiptURL() }
        charges.append(charge)
        intent?.latestCharge = charge.id
        intent?.methodID = charge.methodID
        return charges.count - 1
    }

    private mutating func receive(_ amount: Int64) {
        intent?.status = .succeeded
        intent?.amountReceived = amount
        intent?.lastError = nil
    }

    private mutating func fail(with decline: ChargeBody.Decline, charge: ChargeBody?) {
        intent?.status = .requiresPaymentMethod
        intent?.methodID = nil
        intent?.lastError = [
            "charge": .text(charge?.id),
            "code": .string(decline.code),
            "decline_code": .text(decline.declineCode),
            "doc_url": .string(
                "https://docs.stripe.com/error-codes/\(decline.code.replacing("_", with: "-"))"
            ),
            "message": .string(decline.message),
            "type": charge == nil ? "invalid_request_error" : "card_error",
        ]
    }
}
