package import Billing

/// The subject of a usage query.
package enum UsageSubject: Sendable, Equatable {
    /// Customers, at the addresses that the account map gives them on each day.
    ///
    /// `address` is the address that the session vouched for. It counts only if the account map has neither
    /// addresses of the customers nor a customer for the address, and then for all days, because the map
    /// takes precedence.
    case customers([CustomerKey], address: String?)
    /// An address on chain, regardless of its customer.
    case owner(String)
    /// An address on chain, on the days on which it belongs to one of the customers.
    case owned(String, by: [CustomerKey], address: String?)

    /// The ids of the customers of the platform account whose whole usage is asked for.
    fileprivate var customers: [String] {
        guard case .customers(let customers, _) = self else { return [] }
        return customers.filter { $0.account == nil }.map(\.customer)
    }
}

/// Why a question about usage has no answer.
package enum UsageRefusal: Error, Sendable, Equatable {
    /// The address never belonged to the customers, whether or not it exists.
    case foreignAddress
    /// The answer would have more lines than this.
    case tooManyLines(Int)
}

/// The maximum of lines in an answer by provider, GPU model or deployment: some 3 KB of memory each.
private let maximumGroupedLines = 30_000

extension UsageLedger {
    /// The lines of each day, ascending by date and group; without grouping, one line for each date.
    ///
    /// Totals are stored for UTC days. The totals of another zone's days are computed from the leases on each
    /// request.
    ///
    /// - Throws: ``UsageRefusal`` for an address that never belonged to the customers, whether or not it exists, and
    ///   for more groups and days than one answer may have.
    package func lines(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping,
        in zone: LocalTime = .utc
    ) async throws -> [UsageLine] {
        let lines = try await usedLines(subject, dates, by: grouping, in: zone)
        // A correction is of a day, and of none of its groups.
        guard grouping == .total else { return lines }
        let entries = Dictionary(grouping: try await corrections(subject, dates), by: \.date)
        return lines.map { line in entries[line.date].map(line.corrected) ?? line }
    }

    /// The entries that correct the subject's usage.
    package func corrections(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CalendarDate>
    ) async throws -> [UsageCorrection] {
        let spans = try await spans(subject, dates)
        let entries = try await corrections(
            of: subject.customers,
            owners: Array(Set(spans.map(\.address))),
            dates
        )
        return entries.filter { entry in
            entry.owner == nil
                || spans.contains { $0.address == entry.owner && $0.dates.contains(entry.date) }
        }
    }

    /// The lines without corrections.
    func usedLines(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping,
        in zone: LocalTime = .utc
    ) async throws -> [UsageLine] {
        guard zone.isUTC else { return try await localLines(subject, dates, by: grouping, in: zone) }
        guard grouping != .total else { return try await storedLines(subject, dates, by: grouping) }
        var lines: [UsageLine] = []
        for month in Self.months(dates) {
            lines += try await storedLines(subject, month, by: grouping)
            guard lines.count <= maximumGroupedLines else {
                throw UsageRefusal.tooManyLines(maximumGroupedLines)
            }
        }
        return lines
    }

    /// The names by which readers know the groups of some lines, by group; a group without one keeps its
    /// own.
    package func names(
        of lines: [UsageLine],
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [String: String] {
        let groups = Set(lines.map(\.group))
        return switch grouping {
        case .provider: try await names(ofProviders: groups)
        case .deployment: DeploymentIdentity.names(of: groups)
        case .total, .gpuModel, .tag: [:]
        }
    }

    /// The number of deployments that have usage on some days.
    package func deployments(_ subject: UsageSubject, _ dates: ClosedRange<CalendarDate>) async throws -> Int
    {
        var deployments: Set<DeploymentIdentity> = []
        let calendar = try await calendar(dates)
        for span in try await spans(subject, dates) {
            let days = calendar.filter { span.dates.contains($0.date) }
            guard let first = days.first, let last = days.last else { continue }
            let heights = first.heights.lowerBound..<last.heights.upperBound
            for lease in try await leases(of: span.address, in: heights)
            where days.contains(where: { lease.isUsed(on: $0) }) {
                deployments.insert(lease.record.identity.deployment)
            }
        }
        return deployments.count
    }

    /// Parts of at most 31 days.
    private static func months(_ dates: ClosedRange<CalendarDate>) -> [ClosedRange<CalendarDate>] {
        stride(from: dates.lowerBound, through: dates.upperBound, by: 31).map {
            $0...Swift.min($0.adding(days: 30), dates.upperBound)
        }
    }

    private func storedLines(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping
    ) async throws -> [UsageLine] {
        var groups: [UsageGroup] = []
        for span in try await spans(subject, dates) {
            groups += try await usage(of: span.address, span.dates, by: grouping)
        }
        return UsageReport.lines(
            groups,
            calendar: try await calendar(dates),
            zeroFilling: grouping == .total ? dates : nil
        )
    }

    private func localLines(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping,
        in zone: LocalTime
    ) async throws -> [UsageLine] {
        // A day of any time zone lies within two UTC days before and after its date.
        let around = dates.lowerBound.adding(days: -2)...dates.upperBound.adding(days: 2)
        // Also checked if no day is indexed: an address that never belonged to the customers is an error.
        let spans = try await spans(subject, around)
        let calendar = try await calendar(around)
        var isUsedBefore = false
        if let first = calendar.first, zone.beginning(of: dates.lowerBound) < first.date.beginning {
            isUsedBefore = try await hasLease(spans, before: first)
        }
        let days = LocalDay.days(
            dates,
            calendar: calendar,
            isUsedBefore: isUsedBefore,
            beginning: zone.beginning(of:)
        )
        var owners: [UsageReport.Owner] = []
        if let first = days.lazy.compactMap(\.heights).first,
            let last = days.last(where: { $0.heights != nil })
        {
            let heights = first.lowerBound..<(last.heights?.upperBound ?? first.upperBound)
            for span in spans {
                let leases = try await leases(of: span.address, in: heights)
                let tags = try await tagValues(of: span.address, by: grouping)
                owners.append(UsageReport.Owner(leases, on: span.dates, tags: tags))
            }
            let most = Self.mostLines(owners, in: heights, days: days.count, by: grouping)
            if grouping != .total, most > maximumGroupedLines {
                throw UsageRefusal.tooManyLines(maximumGroupedLines)
            }
        }
        return UsageReport.lines(owners, on: days, by: grouping)
    }

    /// At least as many lines as the leases have: a line a day for each group, or for each lease while it lasts.
    private static func mostLines(
        _ owners: [UsageReport.Owner],
        in heights: Range<Int64>,
        days: Int,
        by grouping: UsageGrouping
    ) -> Int {
        let names = owners.flatMap { owner in
            owner.leases.map { grouping.group(of: $0.record, tags: owner.tags) }
        }
        let groups = Set(names).count
        let share = Double(days) / Double(max(1, heights.count))
        let lasting = owners.lazy.flatMap(\.leases).reduce(0) { sum, lease in
            sum + min(days, Int(Double(lease.record.life.clamped(to: heights).count) * share) + 2)
        }
        return min(groups * days, lasting)
    }

    /// Whether one of the addresses has a lease that began before an indexed day, on days that count for it.
    func hasLease(
        _ spans: [(address: String, dates: ClosedRange<CalendarDate>)],
        before day: CalendarDay
    ) async throws(StoreError) -> Bool {
        for span in spans where span.dates.lowerBound < day.date {
            // Leases with frozen days come too, whatever their heights.
            let leases = try await leases(of: span.address, in: 0..<day.firstHeight)
            if leases.contains(where: { $0.record.createdHeight < day.firstHeight }) { return true }
        }
        return false
    }

    /// The leases of the subject's addresses that are open at the newest block of a day.
    package func openLeases(_ subject: UsageSubject, on day: CalendarDay) async throws -> [LeaseRecord] {
        var leases: [LeaseRecord] = []
        for span in try await spans(subject, day.date...day.date) {
            leases += try await openLeases(of: span.address, at: day.lastHeightYet)
        }
        return leases
    }

    /// The days to count for each address.
    package func spans(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CalendarDate>
    ) async throws -> [(address: String, dates: ClosedRange<CalendarDate>)] {
        switch subject {
        case .owner(let address): return [(address, dates)]
        case .customers(let customers, let vouched):
            return AccountPeriod.spans(of: try await periods(of: customers, vouched), in: dates)
        case .owned(let address, let customers, let vouched):
            // The usage of a user without customers is zero for any address.
            if customers.isEmpty, vouched == nil { return [] }
            let own = try await periods(of: customers, vouched).filter { $0.address == address }
            guard !own.isEmpty else { throw UsageRefusal.foreignAddress }
            return AccountPeriod.spans(of: own, in: dates)
        }
    }

    /// The first indexed day, if the subject leased nothing before it.
    ///
    /// - Parameters:
    ///   - subject: The subject.
    ///   - lines: Its lines, by ascending date.
    /// - Returns: `nil` if something was leased before, if no day is indexed, or if the first of the lines is.
    /// - Throws: ``UsageRefusal`` as for the lines.
    package func nothingLeasedBefore(
        _ subject: UsageSubject,
        _ lines: [UsageLine]
    ) async throws -> CalendarDate? {
        guard let line = lines.first, !line.isIndexed, let last = lines.last else { return nil }
        let dates = min(line.date, CalendarDate(dayNumber: 0))...last.date
        guard let first = try await calendar(dates).first else { return nil }
        return try await hasLease(try await spans(subject, dates), before: first) ? nil : first.date
    }

    /// The subject whose usage Console shows for an address.
    ///
    /// Asked for by the newest address of customers, the usage of their former addresses is added, as Console does: `UsageRepository.resolveAddresses` in <https://github.com/akash-network/console>.
    package func withFormerAddresses(
        _ subject: UsageSubject,
        on today: CalendarDate
    ) async throws -> UsageSubject {
        func isNewest(_ address: String, of customers: [CustomerKey]) async throws -> Bool {
            var begun: [String: Int64] = [:]
            for period in try await periods(of: customers, nil)
            where period.from ?? today <= today && today <= period.through ?? today {
                let from = period.from?.dayNumber ?? .min
                begun[period.address] = Swift.max(begun[period.address] ?? .min, from)
            }
            guard let own = begun.removeValue(forKey: address) else { return false }
            return begun.values.allSatisfy { $0 < own }
        }
        switch subject {
        case .customers: return subject
        case .owner(let address):
            let holders = try await holders(of: address).map { CustomerKey($0.customer, account: nil) }
            for holder in holders where try await isNewest(address, of: [holder]) {
                return .customers([holder], address: nil)
            }
            return subject
        case .owned(let address, let customers, let vouched):
            return try await isNewest(address, of: customers)
                ? .customers(customers, address: vouched) : subject
        }
    }

    private func periods(of customers: [CustomerKey], _ vouched: String?) async throws -> [AccountPeriod] {
        var periods: [AccountPeriod] = []
        for customer in customers { periods += try await accounts(of: customer) }
        if periods.isEmpty, let vouched, try await holders(of: vouched).isEmpty {
            return [AccountPeriod(address: vouched, from: nil, through: nil)]
        }
        return periods
    }
}
