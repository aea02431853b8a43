import Billing

/// A customer's balance in the API's format; amounts are exact decimal strings in the currency's major unit.
struct BalanceResponse: Encodable {
    let object = "balance"
    /// `nil` if the balance is the sum of several customers of one user.
    let customer: String?
    let balances: [Currency]
    let burn_per_hour: String?
    let burn_per_hour_display: String
    let days_left: String?
    let indexed_to: IndexedResponse?

    struct Currency: Encodable {
        let currency: String
        let purchases: String
        let refunds: String
        let disputes: String
        let credits: String
        let spent: String
        let balance: String
        let balance_display: String
        let complete: Bool

        init(_ total: BalanceDay) {
            currency = total.currency.code
            purchases = total.purchases.exactText
            refunds = total.refunds.exactText
            disputes = total.disputes.exactText
            credits = total.credits.exactText
            spent = total.spend.exactText
            balance = total.closing.exactText
            balance_display = total.closing.display(in: total.currency)
            complete = total.isComplete
        }
    }

    init(customer: String?, totals: [BalanceDay], burn: Spend?, newest: CalendarDay?) {
        self.customer = customer
        balances = totals.map(Currency.init)
        burn_per_hour = burn?.total?.exactText
        burn_per_hour_display = burn?.display ?? "–"
        let dollars = totals.first { $0.currency == .usd }?.closing ?? .zero
        days_left = burn.flatMap { BurnRate.daysLeft(dollars, perHour: $0) }
        indexed_to = newest.map(IndexedResponse.init)
    }
}

/// One day of a balance in the API's format.
struct BalanceDayResponse: Encodable {
    let date: String
    let currency: String
    let opening: String
    let purchases: String
    let refunds: String
    let disputes: String
    let credits: String
    let spend: String
    let closing: String
    let closing_display: String
    let purchases_to_date: String
    let complete: Bool

    init(_ day: BalanceDay) {
        date = day.date.text
        currency = day.currency.code
        opening = day.opening.exactText
        purchases = day.purchases.exactText
        refunds = day.refunds.exactText
        disputes = day.disputes.exactText
        credits = day.credits.exactText
        spend = day.spend.exactText
        closing = day.closing.exactText
        closing_display = day.closing.display(in: day.currency)
        purchases_to_date = day.purchasesToDate.exactText
        complete = day.isComplete
    }

    static func columns(in zone: LocalTime) -> [String] {
        [
            "Date (\(zone.name))", "Currency", "Opening", "Purchases", "Refunds", "Disputes", "Credits",
            "Spend",
            "Closing", "Purchases To Date", "Complete",
        ]
    }

    var cells: [String] {
        [
            date, currency.uppercased(), opening, purchases, refunds, disputes, credits, spend, closing,
            purchases_to_date, complete ? "yes" : "no",
        ]
    }
}
