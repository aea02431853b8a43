package import Billing

/// What records of leases change in the ledger: which leases are written, and which days become stale by it.
///
/// Every store decides by this, and only reads what it asks for and writes what it says.
package struct LeasePlan: Sendable {
    /// What the ledger holds of whatever the records are about.
    package struct Standing: Sendable {
        package var leases: [LeaseIdentity: KnownLease]
        /// Through which day each owner's final days are closed; owners that are unknown, or not closed, have none.
        package var closedThrough: [String: CivilDate]
        /// All of it, by rising date.
        package var calendar: [CalendarDay]

        package init(
            leases: [LeaseIdentity: KnownLease],
            closedThrough: [String: CivilDate],
            calendar: [CalendarDay]
        ) {
            self.leases = leases
            self.closedThrough = closedThrough
            self.calendar = calendar
        }
    }

    /// The leases to be written, in the order in which they changed first.
    package private(set) var leases: [KnownLease] = []
    /// The days whose totals no longer follow from the leases, by owner; not every owner has any.
    package private(set) var stale: [String: ClosedRange<CivilDate>] = [:]
    package private(set) var contradictions: [UsageContradiction] = []

    package init(_ records: [LeaseRecord], standing: Standing) {
        var places: [LeaseIdentity: Int] = [:]
        for record in records {
            let (identity, owner) = (record.identity, record.identity.owner)
            let known = places[identity].map { leases[$0] } ?? standing.leases[identity]
            let dates = standing.calendar.dates(
                of: Range(covering: ([record] + (known.map { [$0.record] } ?? [])).map(\.life))
            )
            let revision = LeaseRevision.decide(
                record,
                known: known,
                finalDays: standing.calendar.finalDays(
                    dates?.extended(by: known?.keptDates) ?? known?.keptDates
                ),
                // Nothing of an owner closes in the middle: whoever was unknown before is so for all of the list.
                closedThrough: standing.closedThrough[owner]
            )
            guard case .changed(let lease, let fresh) = revision else { continue }
            contradictions += fresh
            if let place = places[identity] {
                leases[place] = lease
            } else {
                places[identity] = leases.count
                leases.append(lease)
            }
            if let dates { stale[owner] = dates.extended(by: stale[owner]) }
        }
    }

    package var outcome: LeasesOutcome {
        LeasesOutcome(changed: leases.count, contradictions: contradictions)
    }
}

extension LeaseRecord {
    /// The heights that the lease may be paid for.
    fileprivate var life: Range<Int64> { createdHeight..<max(createdHeight, endHeight ?? .max) }
}

extension KnownLease {
    fileprivate var keptDates: ClosedRange<CivilDate>? {
        guard let first = kept.keys.min(), let last = kept.keys.max() else { return nil }
        return first...last
    }
}

/// A calendar by rising date, whose heights rise with it.
extension [CalendarDay] {
    /// From the first to the last day that has one of these blocks.
    fileprivate func dates(of heights: Range<Int64>) -> ClosedRange<CivilDate>? {
        let first = firstIndex(from: { $0.heights.upperBound > heights.lowerBound })
        let end = firstIndex(from: { $0.firstHeight >= heights.upperBound })
        return first < end ? self[first].date...self[end - 1].date : nil
    }

    /// The final ones among some days; no others can be settled for a lease that has no block but of those.
    fileprivate func finalDays(_ dates: ClosedRange<CivilDate>?) -> [CalendarDay] {
        guard let dates else { return [] }
        let first = firstIndex(from: { $0.date >= dates.lowerBound })
        let end = firstIndex(from: { $0.date > dates.upperBound })
        return self[first..<end].filter(\.isFinal)
    }

    /// Where the days begin that all meet a condition, which none before does; the end where no day does.
    private func firstIndex(from isLate: (CalendarDay) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if isLate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Range<Int64> {
    /// From the first to the last of some ranges.
    init(covering ranges: [Range<Int64>]) {
        let first = ranges.map(\.lowerBound).min() ?? 0
        self = first..<Swift.max(first, ranges.map(\.upperBound).max() ?? 0)
    }
}

extension ClosedRange<CivilDate> {
    /// From the first to the last of both.
    func extended(by other: ClosedRange<CivilDate>?) -> ClosedRange<CivilDate> {
        guard let other else { return self }
        return Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
    }
}
