import Billing

/// How far usage is indexed, in words.
struct IndexStatus {
    let isKnown: Bool
    /// Whether usage is so far behind that the page says so.
    let isStale: Bool
    let indexedDay: PageDay?
    let indexedHeight: String?

    init(_ newest: CalendarDay?, today: CalendarDate) {
        isKnown = newest != nil
        isStale = newest.map { Self.isStale($0.date, today: today) } ?? false
        indexedDay = newest.map { PageDay($0.date) }
        indexedHeight = newest.map { String($0.lastHeightYet) }
    }

    /// Today and yesterday may still be incomplete in normal operation.
    static func isStale(_ newest: CalendarDate, today: CalendarDate) -> Bool {
        newest.distance(to: today) > 1
    }
}
