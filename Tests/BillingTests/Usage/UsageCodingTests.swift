import Billing
import Scenarios
import TestSupport
import Testing

struct UsageCodingTests {
    @Test func `a lease read again is the same`() throws {
        for text in GeneratedLeases(seed: 9, count: 500).leases {
            let lease = try LeaseRecord.read(text)
            let again = try UsageCoding.encode(lease).withUnsafeBufferPointer {
                try UsageCoding.decodeLease($0)
            }
            #expect(again == lease)
        }
    }

    @Test func `totals and kept days read again are the same`() throws {
        let generated = GeneratedLeases(seed: 10, count: 300)
        let leases = try generated.leases.map { LeaseState(record: try .read($0)) }
        for day in try generated.calendar.map(CalendarDay.read) {
            for (_, totals) in UsageTotals.oneByOne(of: leases, on: day, by: .gpuModel) {
                let again = try UsageCoding.encode(totals).withUnsafeBufferPointer {
                    try UsageCoding.decodeTotals($0)
                }
                #expect(again == totals)
            }
            let some = leases.lazy.compactMap { $0.usage(on: day) }.first
            let kept: [CalendarDate: LeaseDay?] = [day.date: some, day.date.adding(days: 1): LeaseDay?.none]
            let again = try UsageCoding.encode(kept: kept).withUnsafeBufferPointer {
                try UsageCoding.decodeKept($0)
            }
            #expect(again == kept)
        }
    }
}
