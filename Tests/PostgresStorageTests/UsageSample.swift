import Billing
import Storage
import Stories
import TestSupport

/// Leases and days that a seed decides.
///
/// None of the days is final, and of two records of the same the later one is told apart from the earlier: whatever
/// the order in which they arrive, the ledger comes to the same.
struct UsageSample {
    static let everyDay = CivilDate(dayNumber: 0)...CivilDate(dayNumber: 100_000)

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
            for grouping in UsageGrouping.allCases {
                totals["\(owner) by \(grouping)"] =
                    try await usage(of: owner, UsageSample.everyDay, by: grouping)
            }
        }
        return totals
    }
}
