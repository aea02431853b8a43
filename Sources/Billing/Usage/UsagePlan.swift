/// What is to change in the ledger of usage, decided from what is known and what is new.
///
/// The rules: a record is upserted by its identity, and the one that is the truth of the later height wins. A day that
/// is not final follows the records. A lease's day that was worked out for a final day stays as it is for good, and
/// once the calendar has moved on, so do all final days of the owners that were known by then: what says otherwise
/// comes too late, changes nothing there, and is reported.
package struct UsagePlan: Sendable {
    /// A lease as it stands in the ledger, with what it did on each day.
    package struct KnownLease: Sendable, Hashable {
        package var record: LeaseRecord
        package var days: [CivilDate: LeaseDay]
        /// The days that will not change any more.
        package var settled: Set<CivilDate>

        package init(record: LeaseRecord, days: [CivilDate: LeaseDay] = [:], settled: Set<CivilDate> = []) {
            self.record = record
            self.days = days
            self.settled = settled
        }
    }

    /// What has to be known of the ledger to decide.
    package struct Knowledge: Sendable {
        /// By rising date.
        package var calendar: [CalendarDay]
        /// The leases in question, and all others of the same deployments.
        package var leases: [LeaseIdentity: KnownLease]
        /// Through which day an owner's final days are closed, for owners of which anything is known.
        package var closedThrough: [String: CivilDate]

        package init(
            calendar: [CalendarDay],
            leases: [LeaseIdentity: KnownLease] = [:],
            closedThrough: [String: CivilDate] = [:]
        ) {
            self.calendar = calendar
            self.leases = leases
            self.closedThrough = closedThrough
        }
    }

    /// A record that says otherwise of a day than what was settled.
    package struct Contradiction: Sendable, Hashable {
        package let lease: LeaseIdentity
        package let date: CivilDate

        package init(lease: LeaseIdentity, date: CivilDate) {
            self.lease = lease
            self.date = date
        }
    }

    /// What is to be added to the totals of a group, and what taken away.
    package struct Difference: Sendable, Hashable {
        package var added = UsageTotals()
        package var removed = UsageTotals()
    }

    package private(set) var knowledge: Knowledge
    /// The leases whose record or days are to be written.
    package private(set) var changedLeases: Set<LeaseIdentity> = []
    package private(set) var differences: [UsageTotalsKey: Difference] = [:]
    package private(set) var contradictions: [Contradiction] = []
    package private(set) var changedDays: Set<CivilDate> = []
    /// The final days that the calendar was given differently.
    package private(set) var contradictedDays: [CivilDate] = []

    /// The leases of each deployment, which a day counts once however many it has.
    private var members: [Deployment: Set<LeaseIdentity>]

    private struct Deployment: Hashable {
        let owner: String
        let dseq: Int64

        init(_ identity: LeaseIdentity) {
            owner = identity.owner
            dseq = identity.dseq
        }
    }

    package init(_ knowledge: Knowledge) {
        self.knowledge = knowledge
        members = Dictionary(grouping: knowledge.leases.keys, by: Deployment.init).mapValues(Set.init)
    }

    // MARK: Leases

    /// Takes a record in.
    package mutating func put(_ record: LeaseRecord) {
        guard let known = knowledge.leases[record.identity] else {
            members[Deployment(record.identity), default: []].insert(record.identity)
            knowledge.leases[record.identity] = KnownLease(record: record)
            changedLeases.insert(record.identity)
            follow(record.identity, on: days(of: record))
            return
        }
        guard known.record != record, !known.record.isNewer(than: record) else { return }
        var accepted = record
        if !known.settled.isEmpty, known.record.resources != record.resources {
            // What a lease holds never changes on chain, and the settled days were added up with it.
            contradictions.append(
                Contradiction(lease: record.identity, date: known.settled.min() ?? .init(dayNumber: 0))
            )
            accepted = record.holding(known.record.resources)
            guard known.record != accepted else { return }
        }
        changedLeases.insert(record.identity)
        let dates = Set(known.days.keys).union(days(of: accepted).map(\.date))
        for date in dates where !known.settled.contains(date) {
            replace(record.identity, on: date, with: nil)
        }
        knowledge.leases[record.identity]?.record = accepted
        follow(record.identity, on: knowledge.calendar.filter { dates.contains($0.date) })
    }

    /// The days of the calendar on which a lease may have been paid for.
    private func days(of record: LeaseRecord) -> [CalendarDay] {
        let end = record.endHeight ?? .max
        return knowledge.calendar.filter {
            $0.heights.lowerBound < end && record.createdHeight < $0.heights.upperBound
        }
    }

    /// Works out what a lease did on these days, where that is not settled.
    private mutating func follow(_ identity: LeaseIdentity, on days: [CalendarDay]) {
        guard let known = knowledge.leases[identity] else { return }
        for day in days {
            let usage = known.record.usage(on: day)
            if known.settled.contains(day.date) {
                if known.days[day.date] != usage { contradict(identity, day.date) }
            } else if isClosed(day, for: identity.owner) {
                if usage != nil { contradict(identity, day.date) }
            } else {
                replace(identity, on: day.date, with: usage)
                if day.isFinal { knowledge.leases[identity]?.settled.insert(day.date) }
            }
        }
    }

    private func isClosed(_ day: CalendarDay, for owner: String) -> Bool {
        guard day.isFinal, let through = knowledge.closedThrough[owner] else { return false }
        return day.date <= through
    }

    private mutating func contradict(_ identity: LeaseIdentity, _ date: CivilDate) {
        contradictions.append(Contradiction(lease: identity, date: date))
    }

    // MARK: The calendar

    /// Takes a day in; its leases are to be known.
    ///
    /// A final day stays as it was, but for a price that it lacked.
    package mutating func put(_ day: CalendarDay) {
        let index = knowledge.calendar.firstIndex { $0.date >= day.date } ?? knowledge.calendar.endIndex
        let known = knowledge.calendar[index...].first { $0.date == day.date }
        guard known != day else { return }
        if let known, known.isFinal {
            guard let priced = known.pricing(day) else {
                contradictedDays.append(day.date)
                return
            }
            knowledge.calendar[index] = priced
            changedDays.insert(day.date)
            return
        }
        if known == nil { knowledge.calendar.insert(day, at: index) } else { knowledge.calendar[index] = day }
        changedDays.insert(day.date)
        for identity in knowledge.leases.keys { follow(identity, on: [day]) }
    }

    // MARK: Totals

    private mutating func replace(_ identity: LeaseIdentity, on date: CivilDate, with usage: LeaseDay?) {
        guard let known = knowledge.leases[identity], known.days[date] != usage else { return }
        changedLeases.insert(identity)
        if let before = known.days[date] {
            knowledge.leases[identity]?.days[date] = nil
            note(before, of: known.record, is: \.removed)
        }
        if let usage {
            note(usage, of: known.record, is: \.added)
            knowledge.leases[identity]?.days[date] = usage
        }
    }

    /// Called while the lease is not among those that have the day.
    private mutating func note(
        _ day: LeaseDay,
        of lease: LeaseRecord,
        is change: WritableKeyPath<Difference, UsageTotals>
    ) {
        for grouping in UsageGrouping.allCases {
            let group = grouping.group(of: lease)
            var totals = UsageTotals(day, of: lease)
            totals.deployments = isAlone(lease, on: day.date, in: grouping, group) ? 1 : 0
            let key = UsageTotalsKey(
                owner: lease.identity.owner,
                date: day.date,
                grouping: grouping,
                group: group
            )
            differences[key, default: Difference()][keyPath: change] += totals
        }
    }

    /// Whether no other lease of its deployment has the day in this group.
    private func isAlone(
        _ lease: LeaseRecord,
        on date: CivilDate,
        in grouping: UsageGrouping,
        _ group: String
    ) -> Bool {
        let others = members[Deployment(lease.identity)] ?? []
        return !others.contains { other in
            guard other != lease.identity, let known = knowledge.leases[other] else { return false }
            return known.days[date] != nil && grouping.group(of: known.record) == group
        }
    }
}

extension CalendarDay {
    /// This day with the price of another account of it, if that is all it lacked.
    fileprivate func pricing(_ other: CalendarDay) -> CalendarDay? {
        guard aktPrice == nil, other.aktPrice != nil, other.isFinal, heights == other.heights else {
            return nil
        }
        return other
    }

    /// What is wrong with a calendar, which is to be given by rising date: two days may not share a block, and from one
    /// day to the next none may be lost.
    package static func fault(in calendar: [CalendarDay]) -> (date: CivilDate, problem: String)? {
        for (day, next) in zip(calendar, calendar.dropFirst()) {
            if next.firstHeight < day.heights.upperBound {
                return (
                    next.date,
                    "first_height lies on an earlier day: \(day.date.text) ends at \(day.heights.upperBound - 1)"
                )
            }
            let isNextDay = next.date == day.date.adding(days: 1)
            if isNextDay, day.lastHeight != nil, next.firstHeight != day.heights.upperBound {
                return (
                    next.date,
                    "first_height is not the one after the last of \(day.date.text), \(day.heights.upperBound - 1)"
                )
            }
        }
        return nil
    }
}

extension LeaseRecord {
    /// Whether what this says was true later than what the other does; equal heights, or none, are no later.
    fileprivate func isNewer(than other: LeaseRecord) -> Bool {
        guard let ours = asOfHeight, let theirs = other.asOfHeight else { return false }
        return ours > theirs
    }
}
