import Billing
import JSON
import Storage
import Scenarios
import TestSupport

/// Leases and days generated from a seed.
///
/// None of the days is final, and of two records of the same lease or day the later one is recognisable:
/// whatever the order in which they arrive, the ledger ends in the same state.
struct UsageSample {
    static let everyDay = CalendarDate(dayNumber: 0)...CalendarDate(dayNumber: 100_000)

    /// Three records of each lease, by rising age of the chain.
    let leases: [[LeaseRecord]]
    /// A fourth record of each, with another price.
    let correction: [LeaseRecord]
    /// Two records of each day: as it began, and as it ended.
    let days: [[CalendarDay]]
    let finalDays: [CalendarDay]

    init(seed: UInt64, count: Int) throws {
        let generated = GeneratedLeases(seed: seed, count: count)
        let ages = try (1...4).map { age in
            try generated.leases.map { text in
                let aged = text.replacing(#""source":"#, with: #""as_of_height":\#(age),"source":"#)
                    .replacing(#""price_per_block":""#, with: #""price_per_block":"\#(age)"#)
                    .replacing(#""cpu_milli":1000"#, with: #""cpu_milli":\#(age)"#)
                return try Self.read(aged) { try LeaseRecord($0) }
            }
        }
        (leases, correction) = (Array(ages[..<3]), ages[3])
        finalDays = try generated.calendar.map { try Self.read($0) { try CalendarDay($0) } }
        days = [
            finalDays.map { Self.day($0, yet: $0.firstHeight) },
            finalDays.map { Self.day($0, yet: $0.lastHeightYet) },
        ]
    }

    var owners: [String] { Set(leases[0].map(\.identity.owner)).sorted() }

    static func read<Value>(_ text: String, _ body: (JSONValue) throws -> Value) throws -> Value {
        try Array(text.utf8).withUnsafeBufferPointer { try JSONValue.read($0, body) }
    }

    private static func day(_ day: CalendarDay, yet: Int64) -> CalendarDay {
        CalendarDay(
            date: day.date,
            firstHeight: day.firstHeight,
            lastHeight: nil,
            lastHeightYet: yet,
            aktPrice: day.aktPrice,
            isFinal: false
        )
    }
}

extension UsageLedger {
    /// All totals of some owners, by every grouping.
    func totals(of owners: [String]) async throws -> [String: [UsageGroup]] {
        var totals: [String: [UsageGroup]] = [:]
        for owner in owners {
            for grouping in UsageGrouping.ofLeases {
                totals["\(owner) by \(grouping)"] =
                    try await usage(of: owner, UsageSample.everyDay, by: grouping)
            }
        }
        return totals
    }
}
