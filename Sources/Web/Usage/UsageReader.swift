import Billing
import Storage

/// Whose usage is asked for.
enum UsageSubject: Sendable, Equatable {
    /// Customers, at the addresses that the account map gives them on its days.
    ///
    /// `address` is one that was vouched for when the session was made. It counts where the map says nothing, neither of
    /// the customers nor of the address, and then for all days: what the map says, it says for good reason.
    case customers([CustomerKey], address: String?)
    /// An address on chain, whoever has it.
    case owner(String)
    /// An address on chain, on the days on which it is one of the customers'.
    case owned(String, by: [CustomerKey], address: String?)
}

/// Reads what a customer's addresses, or one address, came to.
struct UsageReader: Sendable {
    let usage: any UsageLedger

    /// The lines of each day, by rising date and group; for the whole, one for each date.
    ///
    /// Totals are kept for UTC's days. Those of another zone are added up from the leases at each look.
    ///
    /// - Throws: ``APIError`` for an address that was never one of the customers', be there such an address or not.
    func lines(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CivilDate>,
        by grouping: UsageGrouping,
        in zone: LocalTime = .utc
    ) async throws -> [UsageLine] {
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
    ) async throws -> [UsageLine] {
        // A day of any zone lies within the UTC days beside it.
        let around = dates.lowerBound.adding(days: -2)...dates.upperBound.adding(days: 2)
        let days = LocalDay.days(
            dates,
            calendar: try await usage.calendar(around),
            beginning: zone.beginning(of:)
        )
        // Also where no day is known: an address that is not the customer's is not there.
        let spans = try await spans(subject, around)
        var owners: [(leases: [KnownLease], days: ClosedRange<CivilDate>)] = []
        if let first = days.lazy.compactMap(\.heights).first,
            let last = days.last(where: { $0.heights != nil })
        {
            let heights = first.lowerBound..<(last.heights?.upperBound ?? first.upperBound)
            for span in spans {
                owners.append((try await usage.leases(of: span.address, in: heights), span.dates))
            }
        }
        return UsageReport.lines(owners, on: days, by: grouping)
    }

    /// The leases of the addresses that are a customer's on a day, that nothing has ended.
    func openLeases(_ subject: UsageSubject, on date: CivilDate) async throws -> [LeaseRecord] {
        var leases: [LeaseRecord] = []
        for span in try await spans(subject, date...date) {
            leases += try await usage.openLeases(of: span.address)
        }
        return leases
    }

    /// The days of each address that count.
    func spans(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CivilDate>
    ) async throws -> [(address: String, dates: ClosedRange<CivilDate>)] {
        switch subject {
        case .owner(let address): return [(address, dates)]
        case .customers(let customers, let vouched):
            return AccountPeriod.spans(of: try await periods(of: customers, vouched), in: dates)
        case .owned(let address, let customers, let vouched):
            // A user without a customer has zeros, whichever address is asked for.
            if customers.isEmpty, vouched == nil { return [] }
            let own = try await periods(of: customers, vouched).filter { $0.address == address }
            guard !own.isEmpty else { throw APIError.noSuch("address") }
            return AccountPeriod.spans(of: own, in: dates)
        }
    }

    private func periods(of customers: [CustomerKey], _ vouched: String?) async throws -> [AccountPeriod] {
        var periods: [AccountPeriod] = []
        for customer in customers { periods += try await usage.accounts(of: customer) }
        if periods.isEmpty, let vouched, try await !usage.isMapped(vouched) {
            return [AccountPeriod(address: vouched, from: nil, through: nil)]
        }
        return periods
    }
}
