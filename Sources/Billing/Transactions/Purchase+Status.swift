extension Purchase {
    /// The state of the PaymentIntent, unless something later is known.
    func findStatus() -> Status {
        let received = intent?.object.amountReceived ?? 0
        if intent?.object.status == .canceled, received == 0 { return .canceled }
        if intent?.object.status == .succeeded { return failedAfterwards ? .failed : .succeeded }
        if charges.contains(where: \.object.isPaid) || session?.object.isPaid == true { return .succeeded }
        // Money can be captured in parts while more may follow
        // (https://docs.stripe.com/payments/multicapture).
        if received > 0, intent?.object.status == .requiresCapture || intent?.object.status == .canceled {
            return .succeeded
        }
        guard let intent else { return statusWithoutIntent }
        return laterNews(than: intent) ?? intent.object.purchaseStatus
    }

    /// Whether the charge of a succeeded payment failed afterwards; bank debits can fail days later.
    private var failedAfterwards: Bool {
        guard let intent, !charges.contains(where: \.object.isPaid) else { return false }
        if let latest = intent.object.latestCharge?.id {
            return charges.contains { $0.object.id == latest && $0.object.status == .failed }
        }
        // Before 2022-11-15 the PaymentIntent contained its charges, and marked none as the latest.
        return newestCharge.map { $0.object.status == .failed && $0.object.failedAt > intent.observedAt }
            ?? false
    }

    var newestCharge: PaymentGroup.Known<Charge>? { charges.newest }

    /// The status after the latest event newer than the PaymentIntent's snapshot; `nil` if there is none.
    ///
    /// A late update of an old attempt is no news about the payment. Therefore an attempt is dated by its
    /// failure or creation, not by its latest snapshot.
    private func laterNews(than intent: PaymentGroup.Known<PaymentIntent>) -> Status? {
        var news: [(at: Instant, rank: Int, status: Status)] = []
        // In the same second, a failure counts as later only if the PaymentIntent waits for an attempt.
        let isUntried = intent.object.status == .requiresPaymentMethod && !intent.object.hasFailed
        func isLater(_ time: Instant) -> Bool {
            time > intent.observedAt || isUntried && time == intent.observedAt
        }
        if let charge = newestCharge?.object {
            if charge.status == .failed {
                if isLater(charge.failedAt) { news.append((charge.failedAt, 1, .failed)) }
            } else if charge.created > intent.observedAt {
                news.append((charge.created, 0, .pending))
            }
        }
        if let failed = session?.object.toldFailed, isLater(failed) { news.append((failed, 1, .failed)) }
        for charge in charges where charge.object.isLapsed {
            let at = charge.object.toldExpired ?? charge.observedAt
            if at >= intent.observedAt { news.append((at, 2, .canceled)) }
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

    var isWaiting: Bool { status == .pending || status == .requiresAction }
}

extension PaymentIntent {
    /// The status of the purchase, from the PaymentIntent alone.
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
