extension Purchase {
    /// The PaymentIntent's state is the payment's state, unless something later is known.
    func findStatus() -> Status {
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

    var newestCharge: PaymentGroup.Known<Charge>? { charges.newest }

    /// The status after the latest event newer than the PaymentIntent's snapshot; `nil` without one.
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

    var isWaiting: Bool { status == .pending || status == .requiresAction }
}

extension PaymentIntent {
    /// The purchase's status as the PaymentIntent alone tells it.
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
