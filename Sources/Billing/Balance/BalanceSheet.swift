/// The movements of one day in one currency, in its major unit.
///
/// Only the balances can be negative, and credits that were taken back.
package struct BalanceDay: Hashable, Sendable {
    package let date: CalendarDate
    package let currency: Currency
    package var opening = ExactAmount.zero
    package var purchases = ExactAmount.zero
    package var refunds = ExactAmount.zero
    package var disputes = ExactAmount.zero
    package var credits = ExactAmount.zero
    /// The spend that is known: at least so much was spent.
    package var spend = ExactAmount.zero
    /// Whether the day is indexed and all of its usage has a price; of several days, whether one is indexed.
    fileprivate(set) var isSpendKnown = true
    /// All purchases up to and including the day.
    package var purchasesToDate = ExactAmount.zero
    /// Whether the day and all days before it are fully indexed and have a price; otherwise the values may
    /// still change.
    package var isComplete = true

    /// `nil` if it is unknown.
    package var knownSpend: ExactAmount? { isSpendKnown ? spend : nil }

    package var closing: ExactAmount { opening + purchases - refunds - disputes + credits - spend }
}

/// A customer's balance by day: purchases minus refunds and lost disputes, plus credits, minus spend.
///
/// The days are those of the time zone in which the transactions and the usage were dated. Spend is in
/// dollars, because chains count in dollars; other currencies have no spend.
package struct BalanceSheet: Sendable {
    private var movements: [Currency: [CalendarDate: BalanceDay]] = [.usd: [:]]
    /// The first day that may still change.
    private var firstIncomplete: CalendarDate?
    /// The days whose spend is unknown, besides those before `unknownBefore`.
    private var unknown: Set<CalendarDate> = []
    private let unknownBefore: CalendarDate?
    /// Whether none of the days that can have usage is indexed.
    private let isNothingIndexed: Bool
    /// Dollars of payments that have not arrived, such as bank debits, or that are authorised and not captured.
    package private(set) var pending = ExactAmount.zero

    /// - Parameters:
    ///   - transactions: All rows of the customer's feed.
    ///   - usage: A line for each day that can have usage; a day that is not indexed is incomplete.
    ///   - corrections: The entries that correct the usage, which is without them.
    ///   - unknownBefore: The first indexed day, if leases began before it; the spend of all earlier days is unknown.
    ///   - date: The day of a moment; in UTC by default.
    package init(
        transactions: [Transaction],
        usage: [UsageLine],
        corrections: [UsageCorrection] = [],
        unknownBefore: CalendarDate? = nil,
        dating date: (Instant) -> CalendarDate = { CalendarDate($0) }
    ) {
        self.unknownBefore = unknownBefore
        isNothingIndexed =
            usage.isEmpty ? unknownBefore != nil : !usage.contains(where: \.isIndexed)
        if unknownBefore != nil { firstIncomplete = CalendarDate(dayNumber: .min) }
        func move(_ row: Transaction, _ change: (inout BalanceDay) -> Void) {
            self.move(date(row.countedAt), row.currency, change)
        }
        for row in transactions
        where row.type == .purchase && row.status == "pending" && row.currency == .usd {
            pending += ExactAmount(row.money)
        }
        let unpaid = Set(transactions.filter { $0.type == .purchase && !$0.isInEffect }.map(\.id))
        let listed = Dictionary(
            grouping: transactions.filter { $0.type == .refund && $0.isInEffect },
            by: { $0.paymentIntent ?? $0.charge ?? "" }
        ).mapValues { $0.reduce(Int64(0)) { $0.addingClamped($1.amount) } }
        for row in transactions where row.isInEffect {
            let amount = ExactAmount(row.moneyMoved)
            switch row.type {
            // The refund waits for its payment to settle
            // (https://docs.stripe.com/changelog/basil/2025-04-30/refund-pending-reason).
            case .refund where unpaid.contains(row.paymentIntent ?? row.charge ?? ""): break
            // A refund without a payment returns a bank transfer that was never applied: no purchase
            // (https://docs.stripe.com/payments/customer-balance/refunding).
            case .refund where row.paymentIntent == nil && row.charge == nil: break
            case .purchase:
                move(row) { $0.purchases += amount }
                // Stripe may send only the total of the refunds, on the purchase, and no Refund objects.
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
        for entry in corrections { self.move(entry.date, .usd) { $0.spend += entry.amount } }
        for line in usage {
            if line.totals.leases > 0 { self.move(line.date, .usd) { $0.spend += line.spend.known } }
            if line.spent == nil { unknown.insert(line.date) }
            if !line.isComplete, line.date < firstIncomplete ?? CalendarDate(dayNumber: .max) {
                firstIncomplete = line.date
            }
        }
    }

    private mutating func move(
        _ date: CalendarDate,
        _ currency: Currency,
        _ change: (inout BalanceDay) -> Void
    ) {
        var day = movements[currency]?[date] ?? BalanceDay(date: date, currency: currency)
        change(&day)
        movements[currency, default: [:]][date] = day
    }

    /// Dollars first, then the other currencies by code.
    package var currencies: [Currency] {
        movements.keys.sorted { ($0 == .usd ? "" : $0.code) < ($1 == .usd ? "" : $1.code) }
    }

    /// A line for each day of a range in one currency.
    package func days(_ dates: ClosedRange<CalendarDate>, in currency: Currency) -> [BalanceDay] {
        let movements = movements[currency] ?? [:]
        let earlier = movements.values.filter { $0.date < dates.lowerBound }
        var balance = earlier.reduce(ExactAmount.zero) { $0 + $1.closing }
        var purchases = earlier.reduce(ExactAmount.zero) { $0 + $1.purchases }
        return dates.map { date in
            var day = movements[date] ?? BalanceDay(date: date, currency: currency)
            day.opening = balance
            purchases += day.purchases
            day.purchasesToDate = purchases
            if currency == .usd {
                day.isComplete = firstIncomplete.map { date < $0 } ?? true
                day.isSpendKnown = !unknown.contains(date) && unknownBefore.map { date >= $0 } ?? true
            }
            balance = day.closing
            return day
        }
    }

    /// All movements up to a day in one line.
    package func total(through date: CalendarDate, in currency: Currency) -> BalanceDay {
        var total = BalanceDay(date: date, currency: currency)
        for day in movements[currency]?.values.filter({ $0.date <= date }) ?? [] {
            total.purchases += day.purchases
            total.refunds += day.refunds
            total.disputes += day.disputes
            total.credits += day.credits
            total.spend += day.spend
        }
        total.purchasesToDate = total.purchases
        if currency == .usd {
            total.isSpendKnown = !isNothingIndexed
            if let first = firstIncomplete { total.isComplete = date < first }
        }
        return total
    }
}

extension Transaction {
    /// Whether the row moves money: a payment that succeeded, a refund that did not fail, or a dispute whose
    /// money the cardholder has.
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
