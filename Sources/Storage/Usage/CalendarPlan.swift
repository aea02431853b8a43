package import Billing

/// What days of the calendar change in the ledger: which are written, and whose totals become stale by it.
package struct CalendarPlan: Sendable {
    /// The days to be written, by rising date; none where ``fault`` says why.
    package private(set) var days: [CalendarDay] = []
    package private(set) var contradicted: [CivilDate] = []
    /// Why they are refused.
    package private(set) var fault: CalendarFault?
    /// The last final day of the calendar, through which the final days of all known owners are closed.
    package private(set) var closedThrough: CivilDate?

    /// The days whose blocks are others than before, with all heights that they had or have, by rising date.
    private var moved: [(date: CivilDate, heights: Range<Int64>)] = []

    /// - Parameters:
    ///   - days: What arrived.
    ///   - calendar: All of the calendar that is known.
    package init(_ days: [CalendarDay], calendar: [CalendarDay]) {
        let known = Dictionary(uniqueKeysWithValues: calendar.map { ($0.date, $0) })
        var changed: [CivilDate: CalendarDay] = [:]
        for day in days {
            switch CalendarRevision.decide(day, known: changed[day.date] ?? known[day.date]) {
            case .unchanged: break
            case .contradicted: contradicted.append(day.date)
            case .changed(let revised): changed[day.date] = revised
            }
        }
        let together = known.merging(changed) { $1 }.values.sorted { $0.date < $1.date }
        fault = changed.isEmpty ? nil : CalendarDay.fault(in: together)
        guard fault == nil else { return }
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

    /// The heights that leases have to have had for their owners' totals to become stale; `nil` when none do.
    package var touched: Range<Int64>? { moved.isEmpty ? nil : Range(covering: moved.map(\.heights)) }

    /// The days of an owner whose totals become stale.
    ///
    /// - Parameters:
    ///   - created: The first height of the leases that have one of ``touched``.
    ///   - end: The last end of those; `nil` while one goes on.
    /// - Returns: From the first to the last such day.
    package func stale(created: Int64, end: Int64?) -> ClosedRange<CivilDate>? {
        let life = created..<max(created, end ?? .max)
        let dates = moved.filter { $0.heights.overlaps(life) }.map(\.date)
        guard let first = dates.first, let last = dates.last else { return nil }
        return first...last
    }
}
