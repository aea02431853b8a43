/// A lease as the ledger has it: the newest record of it, and what its settled days are kept to say.
///
/// A day is settled once it is final; what a later record says otherwise of it does not count.
package struct KnownLease: Hashable, Sendable {
    package let record: LeaseRecord
    /// The days of which the record says otherwise than was settled; `nil` for none of its blocks.
    package let kept: [CivilDate: LeaseDay?]

    package init(record: LeaseRecord, kept: [CivilDate: LeaseDay?] = [:]) {
        self.record = record
        self.kept = kept
    }

    /// What the lease did on a day; `nil` when no block of the day is its own.
    package func usage(on day: CalendarDay) -> LeaseDay? { kept[day.date] ?? record.usage(on: day) }
}

/// A record that says otherwise of a day than what was settled.
package struct UsageContradiction: Hashable, Sendable {
    package let lease: LeaseIdentity
    package let date: CivilDate

    package init(lease: LeaseIdentity, date: CivilDate) {
        self.lease = lease
        self.date = date
    }
}

/// What becomes of a lease when a record of it arrives.
package enum LeaseRevision: Hashable, Sendable {
    /// It says what is known, or what was true earlier.
    case unchanged
    /// It is to be written; the contradictions are by rising date.
    case changed(KnownLease, contradictions: [UsageContradiction])

    /// Decides it.
    ///
    /// - Parameters:
    ///   - record: What arrived.
    ///   - known: The lease in the ledger; `nil` for a new one.
    ///   - finalDays: Those of the calendar that are final.
    ///   - closedThrough: The day through which the owner's final days are closed to leases that were never heard of;
    ///     `nil` while nothing was known of the owner when the calendar last moved on. Otherwise the history of a new
    ///     customer would come too late by definition.
    /// - Returns: What is to be written, if anything.
    package static func decide(
        _ record: LeaseRecord,
        known: KnownLease?,
        finalDays: [CalendarDay],
        closedThrough: CivilDate?
    ) -> LeaseRevision {
        let settledDays: [CalendarDay]
        if let known {
            guard known.record != record, !known.record.isNewer(than: record) else { return .unchanged }
            settledDays = finalDays
        } else {
            settledDays = closedThrough.map { last in finalDays.filter { $0.date <= last } } ?? []
        }
        var record = record
        if let known, known.record.resources != record.resources,
            settledDays.contains(where: { known.usage(on: $0) != nil })
        {
            // What a lease holds never changes on chain, and its settled days were added up with it.
            record.resources = known.record.resources
            guard record != known.record else { return .unchanged }
        }
        var kept: [CivilDate: LeaseDay?] = [:]
        for day in settledDays {
            let settled = known?.usage(on: day)
            if settled != record.usage(on: day) { kept[day.date] = .some(settled) }
        }
        let fresh = kept.filter { known?.kept[$0.key] != .some($0.value) }
        return .changed(
            KnownLease(record: record, kept: kept),
            contradictions: fresh.keys.sorted().map { UsageContradiction(lease: record.identity, date: $0) }
        )
    }
}

extension LeaseRecord {
    /// Whether what this says was true later than what the other does; equal heights, or none, are no later.
    fileprivate func isNewer(than other: LeaseRecord) -> Bool {
        guard let ours = asOfHeight, let theirs = other.asOfHeight else { return false }
        return ours > theirs
    }
}
