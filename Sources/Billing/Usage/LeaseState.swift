/// A lease in the ledger: its newest record, and the frozen days that contradict the record.
///
/// A day is settled when it is final; later records do not change it.
package struct LeaseState: Hashable, Sendable {
    package let record: LeaseRecord
    /// The settled days that the record contradicts; an inner `nil` means that the lease had no block on the
    /// day.
    package let kept: [CalendarDate: LeaseDay?]

    package init(record: LeaseRecord, kept: [CalendarDate: LeaseDay?] = [:]) {
        self.record = record
        self.kept = kept
    }

    /// The lease's usage on a day; `nil` if the lease has no block on it.
    package func usage(on day: CalendarDay) -> LeaseDay? { kept[day.date] ?? record.usage(on: day) }

    /// Whether there is any such usage.
    package func isUsed(on day: CalendarDay) -> Bool {
        guard !kept.isEmpty, let settled = kept[day.date] else { return record.life.overlaps(day.heights) }
        return settled != nil
    }
}

/// A record that contradicts a settled day.
package struct UsageContradiction: Hashable, Sendable {
    package let lease: LeaseIdentity
    package let date: CalendarDate

    package init(lease: LeaseIdentity, date: CalendarDate) {
        self.lease = lease
        self.date = date
    }
}

/// The effect of a new record on a lease.
package struct LeaseRevision: Hashable, Sendable {
    /// The lease to write; `nil` if the record has the known content, or older content.
    package let lease: LeaseState?
    /// The settled days on which the record is not counted as it stands, through its price, its heights or its
    /// resources, by ascending date; every sender of the lease learns them, also one that repeats it.
    package let contradictions: [UsageContradiction]

    private init(
        _ lease: LeaseState?,
        of identity: LeaseIdentity,
        contradicting dates: some Sequence<CalendarDate>
    ) {
        self.lease = lease
        contradictions = dates.sorted().map { UsageContradiction(lease: identity, date: $0) }
    }

    /// Decides the effect.
    ///
    /// - Parameters:
    ///   - record: The new record.
    ///   - known: The lease in the ledger, see ``KnownLeases``; `nil` for a new lease.
    ///   - finalDays: The final days of the calendar.
    ///   - closedThrough: The day through which the owner's final days are closed to new leases. It is `nil`
    ///     if the owner was unknown when the calendar last advanced; otherwise all past leases of a new
    ///     customer would come too late.
    /// - Returns: The lease to write, if any.
    package static func decide(
        _ record: LeaseRecord,
        known: LeaseState?,
        finalDays: [CalendarDay],
        closedThrough: CalendarDate?
    ) -> LeaseRevision {
        var record = record.numbered(like: known?.record.identity)
        let settledDays: [CalendarDay]
        var isOlder = false
        if let known {
            guard known.record != record else {
                return LeaseRevision(nil, of: record.identity, contradicting: known.kept.keys)
            }
            isOlder = known.record.isNewer(than: record)
            // An older record says nothing about the blocks after its height.
            let end = isOlder ? record.asOfHeight ?? .max : .max
            settledDays = finalDays.filter { $0.heights.upperBound &- 1 <= end }
        } else {
            settledDays = closedThrough.map { last in finalDays.filter { $0.date <= last } } ?? []
        }
        var contradicted: Set<CalendarDate> = []
        if let known, known.record.resources != record.resources {
            let counted = settledDays.filter { known.usage(on: $0) != nil }.map(\.date)
            if !counted.isEmpty {
                // A record without resources, such as that of a node, says nothing about them.
                if record.resources != LeaseResources() { contradicted = Set(counted) }
                // A lease's resources never change on chain, and its settled days were added up with the known
                // ones.
                record.resources = known.record.resources
            }
        }
        var kept: [CalendarDate: LeaseDay?] = [:]
        for day in settledDays {
            let settled = known?.usage(on: day)
            if settled != record.usage(on: day) { kept[day.date] = .some(settled) }
        }
        let changed = record == known?.record ? nil : LeaseState(record: record, kept: kept)
        // An older record may be the first that has the number of the bid.
        let lease = isOlder ? known?.numbered(like: record) : changed
        return LeaseRevision(lease, of: record.identity, contradicting: contradicted.union(kept.keys))
    }
}

extension LeaseRecord {
    /// Whether this record describes a later height than the other; false if the heights are equal or one is
    /// missing.
    fileprivate func isNewer(than other: LeaseRecord) -> Bool {
        guard let ours = asOfHeight, let theirs = other.asOfHeight else { return false }
        return ours > theirs
    }
}
