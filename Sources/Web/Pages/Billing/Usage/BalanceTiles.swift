import Billing

/// A large number at the top of the page.
struct Tile {
    struct Note {
        let before: String
        let noteAmount: PageAmount?
        let noteDay: PageDay?
        let after: String

        init(_ before: String, _ amount: PageAmount? = nil, day: PageDay? = nil, _ after: String = "") {
            self.before = before
            noteAmount = amount
            noteDay = day
            self.after = after
        }
    }

    let tileName: String
    let figure: PageAmount?
    /// The text shown if there is no amount.
    let figureText: String?
    let notes: [Note]

    init(_ name: String, _ figure: PageAmount? = nil, text: String? = nil, notes: [Note] = []) {
        tileName = name
        self.figure = figure
        figureText = figure == nil ? text ?? "–" : nil
        self.notes = notes
    }
}

/// The tiles of the balance: the balance, the spend of the month, the spend per hour, and the days left.
enum BalanceTiles {
    /// Takes the balance in each currency, dollars first, and the days from the first of last month or
    /// earlier.
    ///
    /// A balance that Console and the chain state is shown in place of our own sum, for leases are paid from it.
    static func tiles(
        totals: [BalanceDay],
        observed: ObservedBalance.Total?,
        days: [UsageLine],
        expected: ExactAmount?,
        burn: Spend?,
        today: CalendarDate
    ) -> [Tile] {
        let dollars = totals.first { $0.currency == .usd }
        let others = totals.filter { $0.currency != .usd }
            .map { Tile.Note("and ", PageAmount($0.closing, in: $0.currency)) }
        let balance =
            observed.map { stated($0, others) }
            ?? Tile("Balance", dollars.map { PageAmount($0.closing) }, notes: others)
        return [
            balance, month(days, expected: expected, today: today), hourly(burn),
            daysLeft(observed?.all ?? dollars?.closing ?? .zero, burn, today: today),
        ]
    }

    private static func stated(_ observed: ObservedBalance.Total, _ others: [Tile.Note]) -> Tile {
        var notes = others
        if observed.reserved > .zero {
            notes.append(Tile.Note("and ", PageAmount(observed.reserved), " reserved for deployments"))
        }
        if observed.isTrial { notes.append(Tile.Note("A trial: none of it was paid")) }
        return Tile(observed.isTrial ? "Trial" : "Available", PageAmount(observed.available), notes: notes)
    }

    private static func month(_ days: [UsageLine], expected: ExactAmount?, today: CalendarDate) -> Tile {
        let first = today.firstOfMonth
        let lastMonth = first.adding(months: -1)
        func spent(_ dates: ClosedRange<CalendarDate>) -> Spend? {
            UsageReport.sum(days.filter { dates.contains($0.date) })
        }
        let (now, whole) = (spent(first...today), spent(lastMonth...first.adding(days: -1)))
        let sameDays = spent(lastMonth...min(today.adding(months: -1), first.adding(days: -1)))
        guard let amount = now?.total else { return Tile("Spent this month", text: now?.display) }
        let byNow = sameDays?.total.map {
            Tile.Note("", PageAmount($0), " by this day of \(lastMonth.monthName)")
        }
        let byEnd = expected.map {
            Tile.Note("", PageAmount($0), " expected by the end of \(today.monthName)")
        }
        let inAll = whole?.total.map { Tile.Note("", PageAmount($0), " in all of it") }
        return Tile("Spent this month", PageAmount(amount), notes: [byEnd, byNow, inAll].compactMap(\.self))
    }

    private static func hourly(_ burn: Spend?) -> Tile {
        guard let rate = burn?.total else { return Tile("Burn per hour", text: burn?.display) }
        let day = (0..<24).reduce(ExactAmount.zero) { sum, _ in sum + rate }
        return Tile(
            "Burn per hour",
            PageAmount(rate),
            notes: [
                rate == .zero ? Tile.Note("Nothing is leased now") : Tile.Note("", PageAmount(day), " a day")
            ]
        )
    }

    private static func daysLeft(_ balance: ExactAmount, _ burn: Spend?, today: CalendarDate) -> Tile {
        guard let burn else { return Tile("Days left") }
        guard let days = BurnRate.daysLeft(balance, perHour: burn) else {
            return Tile("Days left", notes: [Tile.Note("While nothing is leased, nothing is spent")])
        }
        let whole = days.split(separator: ".").first.flatMap { Int64($0) } ?? 0
        let note =
            switch whole {
            case 0: Tile.Note("Top up to keep leases open")
            case ..<3650: Tile.Note("Until ", day: PageDay(today.adding(days: whole)), " at this pace")
            // A date ten years ahead or more is not useful.
            default: Tile.Note("At this pace")
            }
        return Tile("Days left", text: days, notes: [note])
    }
}
