import Billing

/// The days of an owner whose totals do not follow from the leases yet.
///
/// They are added up a month at a time, to keep each write transaction short.
struct StaleUsage: Sendable {
    package let owner: String
    package let dates: ClosedRange<CalendarDate>
    /// Increases each time days become stale: totals computed for an earlier revision are outdated.
    package let revision: Int64

    package init(owner: String, dates: ClosedRange<CalendarDate>, revision: Int64) {
        self.owner = owner
        self.dates = dates
        self.revision = revision
    }

    /// The days to add up next.
    package var step: ClosedRange<CalendarDate> {
        dates.lowerBound...min(dates.upperBound, dates.lowerBound.adding(days: 30))
    }

    /// The number of such steps.
    package var steps: Int { (dates.count + 30) / 31 }

    /// The days that are still stale after the next step.
    package var rest: ClosedRange<CalendarDate>? {
        step.upperBound == dates.upperBound ? nil : step.upperBound.adding(days: 1)...dates.upperBound
    }
}
