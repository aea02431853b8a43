import Billing

/// How far usage is known, in words.
struct UsageStand {
    let isKnown: Bool
    /// Whether it lags so far behind that a reader would wonder.
    let isStale: Bool
    let indexedDay: PageDay?
    let indexedHeight: String?

    init(_ newest: CalendarDay?, today: CivilDate) {
        isKnown = newest != nil
        // The day of today and the one that has just ended are on their way.
        isStale = newest.map { $0.date.distance(to: today) > 1 } ?? false
        indexedDay = newest.map { PageDay($0.date) }
        indexedHeight = newest.map { String($0.lastHeightYet) }
    }
}
