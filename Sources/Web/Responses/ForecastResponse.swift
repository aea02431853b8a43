import Billing
import JSON
import Storage

/// A forecast in the API's format; amounts are exact decimal strings of dollars, `null` where they are unknown.
struct ForecastResponse: JSONObject {
    /// `nil` for several customers of one user.
    let customer: String?
    let zone: LocalTime
    /// The first moments of this month and of the next.
    let month: Instant
    let monthEnd: Instant
    /// The days of this month.
    let days: [UsageLine]
    let balance: ExactAmount
    let forecast: Forecast?
    let newest: CalendarDay?
    /// The moment of the newest indexed block.
    let indexedAt: Instant?
    let now: Instant

    /// Usage that is further behind says too little.
    private static let freshSeconds: Int64 = 7200

    /// The spend of the days that are indexed; `nil` if one of them has no price.
    var spent: ExactAmount? {
        let indexed = days.filter(\.isIndexed)
        let known = indexed.compactMap(\.spent)
        return newest != nil && known.count == indexed.count ? known.reduce(.zero, +) : nil
    }

    /// The spend of the whole month.
    var monthSpend: Forecast.Range? {
        guard let spent, let forecast, let indexedAt else { return nil }
        let begin = forecast.blocks(inSeconds: month.seconds(since: indexedAt))
        let end = forecast.blocks(inSeconds: monthEnd.seconds(since: indexedAt))
        return spent + forecast.cost(of: begin..<max(begin, end))
    }

    /// When the balance is used up; `nil` if it is not.
    var runsOutAt: Instant? {
        guard let forecast, let indexedAt, let blocks = forecast.blocksUntil(balance) else { return nil }
        return indexedAt.adding(seconds: forecast.seconds(ofBlocks: blocks))
    }

    var isComplete: Bool {
        guard let indexedAt, now.seconds(since: indexedAt) <= Self.freshSeconds else { return false }
        return monthSpend != nil && days.dropLast().allSatisfy(\.isComplete)
    }

    func write(to json: inout JSONWriter) {
        json.member("basis", forecast.map { $0.isTrend ? "trend" : "leases" })
        json.nullable("burn_per_hour", forecast?.burnPerHour.exactText)
        json.member("complete", isComplete)
        json.member("customer", customer)
        json.member("indexed_to", newest.map(IndexedResponse.init))
        json.object("month_end") { json in
            json.nullable("expected", monthSpend?.expected.exactText)
            json.nullable("high", monthSpend?.high.exactText)
            json.nullable("low", monthSpend?.low.exactText)
        }
        if let forecast, let next = forecast.nextToClose, let indexedAt {
            json.object("next_to_close") { json in
                json.member("at", indexedAt.adding(seconds: forecast.seconds(ofBlocks: next.blocks)))
                json.member("dseq", String(next.dseq))
            }
        }
        json.member("object", "forecast")
        json.nullable("runs_out_at", runsOutAt)
        json.nullable("spent_to_date", spent?.exactText)
        json.member("timezone", zone.name)
    }
}
