import Billing

/// The changes that some days make in the ledger: the days to write, and the owners whose totals become
/// stale.
struct CalendarPlan: Sendable {
    /// The days to write, by ascending date; none if there is a ``fault``.
    package private(set) var days: [CalendarDay] = []
    package private(set) var contradicted: [CalendarContradiction] = []
    /// Why the days are refused.
    package private(set) var fault: CalendarFault?
    /// The last final day of the calendar; the final days of all known owners are closed through this day.
    package private(set) var closedThrough: CalendarDate?

    /// The days whose blocks changed, by ascending date, each with all heights that it had or has.
    private var moved: [(date: CalendarDate, heights: Range<Int64>)] = []

    /// - Parameters:
    ///   - days: The days that arrived.
    ///   - calendar: The whole known calendar.
    package init(_ days: [CalendarDay], calendar: [CalendarDay]) {
        let known = Dictionary(uniqueKeysWithValues: calendar.map { ($0.date, $0) })
        var changed: [CalendarDate: CalendarDay] = [:]
        for day in days {
            switch CalendarRevision.decide(day, known: changed[day.date] ?? known[day.date]) {
            case .unchanged: break
            case .contradicted(let contradiction): contradicted.append(contradiction)
            case .changed(let revised): changed[day.date] = revised
            }
        }
        let together = known.merging(changed) { $1 }.values.sorted { $0.date < $1.date }
        fault = changed.isEmpty ? nil : CalendarDay.fault(in: together)
        guard fault == nil else { return }
        for halt in CalendarDay.halts(in: together) { changed[halt.date] = halt }
        closedThrough = together.last(where: \.isFinal)?.date
        self.days = changed.values.sorted { $0.date < $1.date }
        for day in self.days {
            let before = known[day.date]
            // A price changes no totals, which are in tokens.
            guard before?.heights != day.heights else { continue }
            moved.append((day.date, Range(covering: [day.heights] + (before.map { [$0.heights] } ?? []))))
        }
    }

    package var outcome: CalendarOutcome {
        fault.map { .refused($0) } ?? .taken(changed: days.count, contradicted: contradicted)
    }

    /// The heights of changed days: totals become stale for owners with leases in them; `nil` if no day
    /// moved.
    var touched: Range<Int64>? { moved.isEmpty ? nil : Range(covering: moved.map(\.heights)) }

    /// The days of an owner whose totals become stale.
    ///
    /// - Parameters:
    ///   - created: The first height of the owner's leases with a block in ``touched``.
    ///   - end: The last height of those leases, exclusive; `nil` while one of them is open.
    /// - Returns: From the first to the last such day.
    package func stale(created: Int64, end: Int64?) -> ClosedRange<CalendarDate>? {
        let life = created..<max(created, end ?? .max)
        let dates = moved.filter { $0.heights.overlaps(life) }.map(\.date)
        guard let first = dates.first, let last = dates.last else { return nil }
        return first...last
    }
}
