/// What came and went on one day in one currency, in its major unit; all but the balances are never negative, except
/// for credits that were taken back.
package struct BalanceDay: Hashable, Sendable {
    package let date: CivilDate
    package let currency: Currency
    package var opening = ExactAmount.zero
    package var purchases = ExactAmount.zero
    package var refunds = ExactAmount.zero
    package var disputes = ExactAmount.zero
    package var credits = ExactAmount.zero
    package var spend = ExactAmount.zero
    /// All purchases up to and with the day.
    package var purchasesToDate = ExactAmount.zero
    /// Whether the day, and all before it, are indexed to the end and have a price; otherwise it may yet change.
    package var isComplete = true

    init(date: CivilDate, currency: Currency) {
        self.date = date
        self.currency = currency
    }

    package var closing: ExactAmount { opening + purchases - refunds - disputes + credits - spend }
}

/// A customer's balance, day by day: purchases less refunds and lost disputes, and credits, less what was spent.
///
/// Days are those of the zone that the moments and the usage were dated in. What was spent is in dollars, which chains count in; other currencies have purchases only.
package struct BalanceSheet: Sendable {
    private var movements: [Currency: [CivilDate: BalanceDay]] = [.usd: [:]]
    /// The first day that may yet change.
    private var firstIncomplete: CivilDate?

    /// - Parameters:
    ///   - transactions: All rows of the customer's feed, those of credits as well.
    ///   - credits: All that were given besides; one that bears the id of an invoice says the same as the invoice.
    ///   - usage: A line for each day on which anything was leased, of all time.
    ///   - date: The day that a moment belongs to: UTC's where nothing is said.
    package init(
        transactions: [Transaction],
        credits: [Credit],
        usage: [UsageLine],
        dating date: (Instant) -> CivilDate = { CivilDate($0) }
    ) {
        func move(_ row: Transaction, _ change: (inout BalanceDay) -> Void) {
            self.move(date(row.created), row.currency, change)
        }
        let unpaid = Set(transactions.filter { $0.type == .purchase && !$0.isInEffect }.map(\.id))
        let listed = Dictionary(
            grouping: transactions.filter { $0.type == .refund && $0.isInEffect },
            by: { $0.paymentIntent ?? $0.charge ?? "" }
        ).mapValues { $0.reduce(Int64(0)) { $0.addingClamped($1.amount) } }
        for row in transactions where row.isInEffect {
            let amount = ExactAmount(row.moneyMoved)
            switch row.type {
            // It waits for its payment to settle
            // (https://docs.stripe.com/changelog/basil/2025-04-30/refund-pending-reason).
            case .refund where unpaid.contains(row.paymentIntent ?? row.charge ?? ""): break
            // A refund without a payment returns a bank transfer that was never applied: no purchase
            // (https://docs.stripe.com/payments/customer-balance/refunding).
            case .refund where row.paymentIntent == nil && row.charge == nil: break
            case .purchase:
                move(row) { $0.purchases += amount }
                // Refunds of which Stripe sent a total and no object are on the purchase alone.
                let shown = listed[row.id] ?? listed[row.charge ?? ""] ?? 0
                let unlisted = row.amountRefunded.subtractingClamped(shown)
                if unlisted > 0 {
                    let money = Money(minorUnits: unlisted, currency: row.currency)
                    move(row) { $0.refunds += ExactAmount(money) }
                }
            case .refund: move(row) { $0.refunds += amount }
            case .dispute: move(row) { $0.disputes += amount }
            case .credit: move(row) { $0.credits += amount }
            }
        }
        let invoiced = Set(transactions.filter { $0.type == .credit }.compactMap(\.invoice))
        for credit in credits where !invoiced.contains(credit.id) {
            self.move(date(credit.created), credit.money.currency) { $0.credits += ExactAmount(credit.money) }
        }
        for line in usage {
            if line.totals.leases > 0 { self.move(line.date, .usd) { $0.spend += line.spend.known } }
            if !line.isComplete, line.date < firstIncomplete ?? CivilDate(dayNumber: .max) {
                firstIncomplete = line.date
            }
        }
    }

    private mutating func move(_ date: CivilDate, _ currency: Currency, _ change: (inout BalanceDay) -> Void)
    {
        var day = movements[currency]?[date] ?? BalanceDay(date: date, currency: currency)
        change(&day)
        movements[currency, default: [:]][date] = day
    }

    /// Dollars first, then the others by their code.
    package var currencies: [Currency] {
        movements.keys.sorted { ($0 == .usd ? "" : $0.code) < ($1 == .usd ? "" : $1.code) }
    }

    /// A line for each day of a range in one currency.
    package func days(_ dates: ClosedRange<CivilDate>, in currency: Currency) -> [BalanceDay] {
        let movements = movements[currency] ?? [:]
        let earlier = movements.values.filter { $0.date < dates.lowerBound }
        var balance = earlier.reduce(ExactAmount.zero) { $0 + $1.closing }
        var purchases = earlier.reduce(ExactAmount.zero) { $0 + $1.purchases }
        return dates.map { date in
            var day = movements[date] ?? BalanceDay(date: date, currency: currency)
            day.opening = balance
            purchases += day.purchases
            day.purchasesToDate = purchases
            if currency == .usd, let first = firstIncomplete { day.isComplete = date < first }
            balance = day.closing
            return day
        }
    }

    /// All of it in one line, as of a day.
    package func total(through date: CivilDate, in currency: Currency) -> BalanceDay {
        var total = BalanceDay(date: date, currency: currency)
        for day in movements[currency]?.values.filter({ $0.date <= date }) ?? [] {
            total.purchases += day.purchases
            total.refunds += day.refunds
            total.disputes += day.disputes
            total.credits += day.credits
            total.spend += day.spend
        }
        total.purchasesToDate = total.purchases
        if currency == .usd, let first = firstIncomplete { total.isComplete = date < first }
        return total
    }
}

extension Transaction {
    /// Whether money moved: a payment that went through, a refund that did not fail, a dispute whose
    /// money is with the cardholder.
    fileprivate var isInEffect: Bool {
        switch type {
        case .purchase: status == "succeeded"
        case .refund: status != "failed" && status != "canceled"
        case .dispute: amountGone > 0
        case .credit: true
        }
    }

    fileprivate var moneyMoved: Money {
        type == .dispute ? Money(minorUnits: amountGone, currency: currency) : money
    }
}
