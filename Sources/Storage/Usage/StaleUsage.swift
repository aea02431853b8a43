package import Billing

/// The days of an owner whose totals do not follow from the leases yet.
///
/// They are added up a month at a time: whoever puts totals in place holds up others for no longer than that takes.
package struct StaleUsage: Sendable {
    package let owner: String
    package let dates: ClosedRange<CivilDate>
    /// Grows whenever days become stale: what was added up of an earlier one is of yesterday.
    package let revision: Int64

    package init(owner: String, dates: ClosedRange<CivilDate>, revision: Int64) {
        self.owner = owner
        self.dates = dates
        self.revision = revision
    }

    /// The days to be added up next.
    package var step: ClosedRange<CivilDate> {
        dates.lowerBound...min(dates.upperBound, dates.lowerBound.adding(days: 30))
    }

    /// How many such steps there are.
    package var steps: Int { (dates.count + 30) / 31 }

    /// The days that are stale still once those are in place.
    package var rest: ClosedRange<CivilDate>? {
        step.upperBound == dates.upperBound ? nil : step.upperBound.adding(days: 1)...dates.upperBound
    }
}
