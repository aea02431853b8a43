import Billing
import Storage

/// Whose usage is asked for.
enum UsageSubject: Sendable, Equatable {
    case customer(String)
    /// An address on chain, whoever has it.
    case owner(String)
}

/// Reads what a customer's addresses, or one address, came to.
struct UsageReader: Sendable {
    let usage: any UsageLedger

    /// The lines of each day, by rising date and group; for the whole, one for each date.
    ///
    /// Totals are kept for UTC's days. Those of another zone are added up from the leases at each look.
    func lines(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CivilDate>,
        by grouping: UsageGrouping,
        in zone: LocalTime = .utc
    ) async throws(StoreError) -> [UsageLine] {
        guard zone.isUTC else { return try await localLines(subject, dates, by: grouping, in: zone) }
        var groups: [UsageGroup] = []
        for span in try await spans(subject, dates) {
            groups += try await usage.usage(of: span.address, span.dates, by: grouping)
        }
        return UsageReport.lines(
            groups,
            calendar: try await usage.calendar(dates),
            zeroFilling: grouping == .total ? dates : nil
        )
    }

    private func localLines(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CivilDate>,
        by grouping: UsageGrouping,
        in zone: LocalTime
    ) async throws(StoreError) -> [UsageLine] {
        // A day of any zone lies within the UTC days beside it.
        let around = dates.lowerBound.adding(days: -2)...dates.upperBound.adding(days: 2)
        let days = LocalDay.days(
            dates,
            calendar: try await usage.calendar(around),
            beginning: zone.beginning(of:)
        )
        var owners: [(leases: [KnownLease], days: ClosedRange<CivilDate>)] = []
        if let first = days.lazy.compactMap(\.heights).first,
            let last = days.last(where: { $0.heights != nil })
        {
            let heights = first.lowerBound..<(last.heights?.upperBound ?? first.upperBound)
            for span in try await spans(subject, around) {
                owners.append((try await usage.leases(of: span.address, in: heights), span.dates))
            }
        }
        return UsageReport.lines(owners, on: days, by: grouping)
    }

    /// The leases of the addresses that are a customer's on a day, that nothing has ended.
    func openLeases(_ subject: UsageSubject, on date: CivilDate) async throws(StoreError) -> [LeaseRecord] {
        var leases: [LeaseRecord] = []
        for span in try await spans(subject, date...date) {
            leases += try await usage.openLeases(of: span.address)
        }
        return leases
    }

    private func spans(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CivilDate>
    ) async throws(StoreError) -> [(address: String, dates: ClosedRange<CivilDate>)] {
        switch subject {
        case .owner(let address): [(address, dates)]
        case .customer(let customer):
            AccountPeriod.spans(of: try await usage.accounts(of: customer), in: dates)
        }
    }
}
