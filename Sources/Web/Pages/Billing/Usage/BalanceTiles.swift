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
        known: KnownUsage,
        expected: ExactAmount?,
        burn: Spend?,
        now: Instant
    ) -> [Tile] {
        let today = CalendarDate(now)
        let dollars = totals.first { $0.currency == .usd }
        let others = totals.filter { $0.currency != .usd }
            .map { Tile.Note("and ", PageAmount($0.closing, in: $0.currency)) }
        let balance =
            observed.map { stated($0, others) }
            ?? Tile("Balance", dollars.map { PageAmount($0.closing) }, notes: others)
        return [
            balance, month(days, known, expected: expected, today: today),
            hourly(burn, known, today: today),
            daysLeft(
                observed?.all ?? dollars?.closing ?? .zero,
                at: observed?.observedAt ?? known.until ?? now,
                burn,
                now: now
            ),
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

    private static func month(
        _ days: [UsageLine],
        _ known: KnownUsage,
        expected: ExactAmount?,
        today: CalendarDate
    ) -> Tile {
        let first = today.firstOfMonth
        let lastMonth = first.adding(months: -1)
        func lines(_ dates: ClosedRange<CalendarDate>) -> [UsageLine] {
            days.filter { dates.contains($0.date) }
        }
        let now = known.sumSoFar(lines(first...today))
        guard let amount = now?.total else { return Tile("Spent this month", text: now?.display) }
        // As many days of last month as of this are indexed.
        let through = min(today, max(first, known.through ?? today))
        let sameDay = min(through.adding(months: -1), first.adding(days: -1))
        let by = through == today ? "this day of" : String(sameDay.parts.day)
        let byNow = known.sum(lines(lastMonth...sameDay))?.total.map {
            Tile.Note("", PageAmount($0), " by \(by) \(lastMonth.monthName)")
        }
        let whole = known.sum(lines(lastMonth...first.adding(days: -1)))
        let byEnd = expected.map {
            Tile.Note("", PageAmount($0), " expected by the end of \(today.monthName)")
        }
        let inAll = whole?.total.map { Tile.Note("", PageAmount($0), " in all of \(lastMonth.monthName)") }
        return Tile("Spent this month", PageAmount(amount), notes: [byEnd, byNow, inAll].compactMap(\.self))
    }

    private static func hourly(_ burn: Spend?, _ known: KnownUsage, today: CalendarDate) -> Tile {
        guard let rate = burn?.total else { return Tile("Burn per hour", text: burn?.display) }
        let nothing =
            known.through.flatMap { day in
                IndexStatus.isStale(day, today: today)
                    ? Tile.Note("Nothing was leased on ", day: PageDay(day)) : nil
            } ?? Tile.Note("Nothing is leased now")
        let day = (0..<24).reduce(ExactAmount.zero) { sum, _ in sum + rate }
        return Tile(
            "Burn per hour",
            PageAmount(rate),
            notes: [rate == .zero ? nothing : Tile.Note("", PageAmount(day), " a day")]
        )
    }

    /// The days until a balance of some moment is used up, which may be long ago.
    private static func daysLeft(
        _ balance: ExactAmount,
        at moment: Instant,
        _ burn: Spend?,
        now: Instant
    ) -> Tile {
        let moment = min(moment, now)
        guard let burn, let rate = burn.total else { return Tile("Days left") }
        guard rate > .zero else {
            return Tile("Days left", notes: [Tile.Note("While nothing is leased, nothing is spent")])
        }
        guard let days = BurnRate.daysLeft(balance, perHour: burn, after: now.seconds(since: moment)),
            let seconds = BurnRate.secondsLeft(balance, perHour: burn)
        else { return Tile("Days left") }
        let end = CalendarDate(moment.adding(seconds: seconds))
        let whole = days.split(separator: ".").first.flatMap { Int64($0) } ?? 0
        let note =
            switch whole {
            case 0: Tile.Note("Top up to keep leases open")
            case ..<3650: Tile.Note("Until ", day: PageDay(end), " at this pace")
            // A date ten years ahead or more is not useful.
            default: Tile.Note("At this pace")
            }
        return Tile("Days left", text: days, notes: [note])
    }
}
