import Billing
import JSON

/// A customer's balance in the API's format; amounts are exact decimal strings in the currency's major unit.
struct BalanceResponse: JSONObject {
    /// `nil` if the balance is the sum of several customers of one user.
    let customer: String?
    let totals: [BalanceDay]
    /// Dollars of payments that have not arrived.
    let pending: ExactAmount
    /// The balance that Console and the chain state; `nil` if they state none.
    let observed: ObservedBalance.Total?
    let burn: Spend?
    let newest: CalendarDay?

    func write(to json: inout JSONWriter) {
        let ours = totals.first { $0.currency == .usd }?.closing ?? .zero
        json.member("available", observed?.available.exactText)
        json.array("balances", totals) { json, total in
            json.member("balance", total.closing.exactText)
            json.member("balance_display", total.closing.display(in: total.currency))
            json.member("complete", total.isComplete)
            json.member("credits", total.credits.exactText)
            json.member("currency", total.currency)
            json.member("disputes", total.disputes.exactText)
            json.member("purchases", total.purchases.exactText)
            json.member("refunds", total.refunds.exactText)
            json.nullable("spent", total.knownSpend?.exactText)
        }
        json.member("burn_per_hour", burn?.total?.exactText)
        json.member("burn_per_hour_display", burn?.display ?? "–")
        json.member("customer", customer)
        json.member("days_left", burn.flatMap { BurnRate.daysLeft(observed?.all ?? ours, perHour: $0) })
        json.member("drift", observed?.drift(from: ours).exactText)
        json.member("indexed_to", newest.map(IndexedResponse.init))
        json.member("object", "balance")
        json.member("observed_at", observed?.observedAt)
        json.member("ours", ours.exactText)
        json.member("pending", pending.exactText)
        if let observed {
            json.member("reserved", observed.reserved.exactText)
            json.array("reserved_by_deployment", observed.reserves) { json, reserve in
                json.member("amount", reserve.amount.exactText)
                json.member("dseq", reserve.dseq)
            }
            json.member("trial", observed.isTrial)
        }
    }
}

/// One day of a balance in the API's format.
struct BalanceDayResponse: ReportRow {
    let day: BalanceDay

    init(_ day: BalanceDay) { self.day = day }

    func write(to json: inout JSONWriter) {
        json.member("closing", day.closing.exactText)
        json.member("closing_display", day.closing.display(in: day.currency))
        json.member("complete", day.isComplete)
        json.member("credits", day.credits.exactText)
        json.member("currency", day.currency)
        json.member("date", day.date.text)
        json.member("disputes", day.disputes.exactText)
        json.member("opening", day.opening.exactText)
        json.member("purchases", day.purchases.exactText)
        json.member("purchases_to_date", day.purchasesToDate.exactText)
        json.member("refunds", day.refunds.exactText)
        json.nullable("spend", day.knownSpend?.exactText)
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
            day.date.text, day.currency.code.uppercased(), day.opening.exactText, day.purchases.exactText,
            day.refunds.exactText, day.disputes.exactText, day.credits.exactText,
            day.knownSpend?.exactText ?? "",
            day.closing.exactText, day.purchasesToDate.exactText, day.isComplete ? "yes" : "no",
        ]
    }
}
