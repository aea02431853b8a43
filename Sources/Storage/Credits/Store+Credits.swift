package import Billing

/// The outcome of giving a credit.
package enum CreditOutcome: Sendable, Equatable {
    case given
    /// The same credit was given before; see `Credit.gives(theSameAs:)`.
    case known
    /// A different credit has its id or its invoice, or its invoice or payment is another customer's; no data were
    /// changed.
    case conflict
}

extension Store {
    /// Records credits as events of this service, each once.
    ///
    /// If the call fails, some of the credits may be given; the same call again gives the rest.
    ///
    /// - Parameters:
    ///   - credits: The credits to give.
    ///   - livemode: The mode of the credits' rows.
    ///   - now: The time of receipt.
    ///   - isDryRun: Whether to decide only, and record nothing.
    /// - Returns: The outcome of each, in order; no credit is given if one is a conflict.
    /// - Throws: ``StoreError``.
    package func give(
        _ credits: [Credit],
        livemode: Bool,
        now: Instant,
        isDryRun: Bool = false
    ) async throws(StoreError) -> [CreditOutcome] {
        let plan = CreditPlan(credits, standing: try await standing(of: credits))
        if isDryRun { return plan.outcomes }
        var late: Set<String> = []
        for batch in plan.credits.batches(of: 100) {
            let answers = await record(batch.compactMap { $0.incomingEvent(livemode: livemode, now: now) })
            for (credit, answer) in zip(batch, answers) where try answer.get() == .duplicate {
                late.insert(credit.id)
            }
        }
        guard !late.isEmpty else { return plan.outcomes }
        // Others gave credits with these ids meanwhile.
        let theirs = CreditPlan(credits, standing: try await standing(of: credits)).outcomes
        return credits.indices.map { late.contains(credits[$0].id) ? theirs[$0] : plan.outcomes[$0] }
    }

    /// The customer who was given a credit before, or has the invoice or payment that it names; `nil` if none is known.
    ///
    /// - Throws: ``StoreError``.
    package func holder(of credit: Credit) async throws(StoreError) -> String? {
        try await standing(of: [credit]).holder(of: credit)
    }

    private func standing(of credits: [Credit]) async throws(StoreError) -> CreditPlan.Standing {
        var standing = CreditPlan.Standing()
        let named = Set(credits.flatMap { [$0.reference] + $0.links })
        for batch in named.sorted().batches(of: 500) {
            for record in try await payments(of: Array(batch), account: nil).joined() {
                if let object = record.snapshot?.object { standing.add(object) }
            }
        }
        return standing
    }

    /// Records events concurrently, so that they share one commit to disk.
    ///
    /// - Returns: The answers in the same order.
    private func record(_ events: [IncomingEvent]) async -> [RecordAnswer] {
        await withTaskGroup(of: (Int, RecordAnswer).self) { group in
            for (index, event) in events.enumerated() {
                group.addTask {
                    let answer = await withCheckedContinuation { continuation in
                        record(event) { continuation.resume(returning: $0) }
                    }
                    return (index, answer)
                }
            }
            var answers: [Int: RecordAnswer] = [:]
            for await (index, answer) in group { answers[index] = answer }
            return events.indices.compactMap { answers[$0] }
        }
    }
}

/// The outcome of giving some credits, and the credits to record.
private struct CreditPlan {
    /// The stored state of the credits, and of the invoices and payments that they name.
    struct Standing {
        private var credits: [String: Credit] = [:]
        private var creditsOfInvoices: [String: Credit] = [:]
        /// The customers of invoices and payments.
        private var owners: [String: String] = [:]

        mutating func add(_ object: StripeObject) {
            switch object {
            case .credit(let credit): add(credit)
            case .invoice(let invoice): owners[invoice.id] = invoice.customer?.id
            case .paymentIntent(let intent): owners[intent.id] = intent.customer?.id ?? owners[intent.id]
            case .charge(let charge):
                guard let intent = charge.paymentIntent?.id, let customer = charge.customer?.id else {
                    return
                }
                owners[intent] = customer
            default: break
            }
        }

        mutating func add(_ credit: Credit) {
            credits[credit.id] = credit
            if let invoice = credit.invoice {
                creditsOfInvoices[invoice] = creditsOfInvoices[invoice] ?? credit
            }
        }

        func holder(of credit: Credit) -> String? {
            let known = credits[credit.id] ?? credit.invoice.flatMap { creditsOfInvoices[$0] }
            return known?.customer ?? credit.links.compactMap { owners[$0.id] }.first
        }

        func outcome(of credit: Credit) -> CreditOutcome {
            if let known = credits[credit.id] { return known.gives(theSameAs: credit) ? .known : .conflict }
            if let invoice = credit.invoice, let known = creditsOfInvoices[invoice] {
                return (known.customer, known.money) == (credit.customer, credit.money) ? .known : .conflict
            }
            let isAnothers = credit.links.contains { owners[$0.id].map { $0 != credit.customer } ?? false }
            return isAnothers ? .conflict : .given
        }
    }

    let outcomes: [CreditOutcome]
    /// None if there is a conflict.
    let credits: [Credit]

    /// - Parameters:
    ///   - credits: The credits to give.
    ///   - standing: The state before; other credits do not matter.
    init(_ credits: [Credit], standing: Standing) {
        var standing = standing
        var fresh: [Credit] = []
        outcomes = credits.map { credit in
            let outcome = standing.outcome(of: credit)
            if outcome == .given {
                standing.add(credit)
                fresh.append(credit)
            }
            return outcome
        }
        self.credits = outcomes.contains(.conflict) ? [] : fresh
    }
}

extension Credit {
    fileprivate func incomingEvent(livemode: Bool, now: Instant) -> IncomingEvent? {
        try? IncomingEvent(parsing: event(livemode: livemode), receivedAt: now, source: .api)
    }
}

extension Array {
    fileprivate func batches(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
