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

    func lines(
        _ subject: UsageSubject,
        _ dates: ClosedRange<CivilDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageLine] {
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
