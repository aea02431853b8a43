package import Billing

/// The changes that some records make in the ledger: the leases to write, and the days that become stale.
///
/// Every store decides with this: it reads the state that the plan needs, and writes the changes that the
/// plan contains.
package struct LeasePlan: Sendable {
    /// The current state of everything that the records are about.
    package struct Standing: Sendable {
        package var leases: KnownLeases
        /// The last day through which each owner's final days are closed; an owner that is unknown or not
        /// closed is missing.
        package var closedThrough: [String: CalendarDate]
        /// The whole calendar, by ascending date.
        package var calendar: [CalendarDay]

        package init(
            leases: KnownLeases,
            closedThrough: [String: CalendarDate],
            calendar: [CalendarDay]
        ) {
            self.leases = leases
            self.closedThrough = closedThrough
            self.calendar = calendar
        }
    }

    /// The maximum number of settled lease-days that are compared with the records of one list.
    ///
    /// Each may have to be kept beside its lease, and the store's writer, for which deliveries wait, compares them.
    package static let maximumSettledDays = 50_000

    /// The leases to write, in the order of their first change; none if ``isTooMuch``.
    package private(set) var leases: [LeaseState] = []
    /// The stored identities of leases that get the number of their bid, each with the new one.
    private(set) var renamed: [(from: LeaseIdentity, to: LeaseIdentity)] = []
    /// The days whose totals no longer follow from the leases, by owner; an owner without such days is
    /// missing.
    package private(set) var stale: [String: ClosedRange<CalendarDate>] = [:]
    package private(set) var contradictions: [UsageContradiction] = []
    /// Whether the records may change more than ``maximumSettledDays``; nothing must be written then.
    private(set) var isTooMuch = false

    package init(
        _ records: [LeaseRecord],
        standing: Standing,
        maximumSettledDays: Int = Self.maximumSettledDays
    ) {
        var known = standing.leases
        var places: [LeaseIdentity: Int] = [:]
        var stored: [LeaseIdentity?] = []
        // Two records of a lease may contradict the same day.
        var contradicted: [LeaseIdentity: Set<CalendarDate>] = [:]
        var compared = 0
        let openDays = standing.calendar.filter { !$0.isFinal }.map(\.date)
        for record in records {
            let owner = record.identity.owner
            let before = known.lease(of: record)
            let heights = before.map { record.heights(differingFrom: $0.record) } ?? record.life
            let dates = heights.flatMap { standing.calendar.dates(of: $0) }
            // Days do not close within one list: an owner that is new in the list is unclosed for all its
            // records.
            let closedThrough = standing.closedThrough[owner]
            let finalDays: [CalendarDay] =
                before == nil && closedThrough == nil
                ? []
                : standing.calendar.finalDays(dates?.extended(by: before?.keptDates) ?? before?.keptDates)
            compared += finalDays.count
            guard compared <= maximumSettledDays else {
                (leases, renamed, stale, contradictions, isTooMuch) = ([], [], [:], [], true)
                return
            }
            let revision = LeaseRevision.decide(
                record,
                known: before,
                finalDays: finalDays,
                closedThrough: closedThrough
            )
            for contradiction in revision.contradictions
            where contradicted[contradiction.lease, default: []].insert(contradiction.date).inserted {
                contradictions.append(contradiction)
            }
            guard let lease = revision.lease else { continue }
            known.put(lease, replacing: before)
            let place = (before?.record.identity).flatMap { places.removeValue(forKey: $0) } ?? leases.count
            places[lease.record.identity] = place
            if place < leases.count {
                leases[place] = lease
            } else {
                leases.append(lease)
                stored.append(before?.record.identity)
            }
            // The totals of settled days stay what they are.
            let settledThrough = before == nil ? closedThrough : CalendarDate(dayNumber: .max)
            let unsettled = dates.flatMap { $0.unsettled(openDays, settledThrough: settledThrough) }
            if let unsettled { stale[owner] = unsettled.extended(by: stale[owner]) }
        }
        renamed = zip(stored, leases).compactMap { stored, lease in
            stored.flatMap { $0 == lease.record.identity ? nil : ($0, lease.record.identity) }
        }
    }

    package var outcome: LeasesOutcome {
        isTooMuch ? .tooMuch : .taken(changed: leases.count, contradictions: contradictions)
    }
}

extension LeaseState {
    fileprivate var keptDates: ClosedRange<CalendarDate>? {
        guard let first = kept.keys.min(), let last = kept.keys.max() else { return nil }
        return first...last
    }
}

/// A calendar by ascending date, whose heights ascend too.
extension [CalendarDay] {
    /// From the first to the last day with one of these blocks.
    fileprivate func dates(of heights: Range<Int64>) -> ClosedRange<CalendarDate>? {
        let first = firstIndex(from: { $0.heights.upperBound > heights.lowerBound })
        let end = firstIndex(from: { $0.firstHeight >= heights.upperBound })
        return first < end ? self[first].date...self[end - 1].date : nil
    }

    /// The final days within some dates.
    ///
    /// Two records that differ only in these dates have the same usage on all other days.
    fileprivate func finalDays(_ dates: ClosedRange<CalendarDate>?) -> [CalendarDay] {
        guard let dates else { return [] }
        let first = firstIndex(from: { $0.date >= dates.lowerBound })
        let end = firstIndex(from: { $0.date > dates.upperBound })
        return self[first..<end].filter(\.isFinal)
    }

    /// The index of the first day that meets a condition, which all later days must meet too; the end if no
    /// day does.
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
    /// From the first to the last height of some ranges.
    init(covering ranges: [Range<Int64>]) {
        let first = ranges.map(\.lowerBound).min() ?? 0
        self = first..<Swift.max(first, ranges.map(\.upperBound).max() ?? 0)
    }
}

extension ClosedRange<CalendarDate> {
    /// The days that are not settled.
    ///
    /// - Parameters:
    ///   - openDays: The days that are not final, by ascending date.
    ///   - settledThrough: The day through which final days are settled; `nil` if none is.
    /// - Returns: From the first to the last of them; `nil` if all are settled.
    fileprivate func unsettled(_ openDays: [CalendarDate], settledThrough: CalendarDate?) -> Self? {
        guard let settledThrough else { return self }
        var days = openDays.filter(contains)
        if upperBound > settledThrough {
            days += [Swift.max(lowerBound, settledThrough.adding(days: 1)), upperBound]
        }
        guard let first = days.min(), let last = days.max() else { return nil }
        return first...last
    }

    /// From the first to the last day of both.
    func extended(by other: ClosedRange<CalendarDate>?) -> ClosedRange<CalendarDate> {
        guard let other else { return self }
        return Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
    }
}
