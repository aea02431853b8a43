import Billing
import Scenarios
import TestSupport
import Testing

/// Days of a time zone, made of the blocks of the chain's days.
struct LocalDayTests {
    private static let monday = CalendarDate(dayNumber: 20_000)

    /// Two days of 1,440 blocks, a block a minute, and half of a third one.
    private static let calendar = (0..<3).map { index -> CalendarDay in
        let first = 1000 + Int64(index) * 1440
        return CalendarDay(
            date: monday.adding(days: Int64(index)),
            firstHeight: first,
            lastHeight: index < 2 ? first + 1439 : nil,
            lastHeightYet: index < 2 ? first + 1439 : first + 719,
            aktPrice: nil,
            isFinal: index < 2
        )
    }

    private func days(
        _ count: Int64 = 3,
        from first: CalendarDate = monday,
        hoursEast: Int64
    ) -> [LocalDay] {
        LocalDay.days(first...first.adding(days: count - 1), calendar: Self.calendar) {
            $0.beginning.adding(seconds: -hoursEast * 3600)
        }
    }

    @Test func `a day of UTC is the chain's own`() {
        let found = days(hoursEast: 0)
        #expect(found.map { $0.parts.map(\.heights) } == [[1000..<2440], [2440..<3880], [3880..<4600]])
        #expect(found.map(\.isFinal) == [true, true, false])
    }

    @Test func `a midnight divides the chain's day as it divides its time`() {
        let found = days(hoursEast: 2)
        #expect(
            found.map { $0.parts.map(\.heights) } == [
                [1000..<2320], [2320..<2440, 2440..<3760], [3760..<3880, 3880..<4600],
            ]
        )
        // The first lacks its beginning, which belongs to an unknown day.
        #expect(found.map(\.isFinal) == [false, true, false])
    }

    @Test func `indexed usage of an unfinished day counts at its own time`() {
        let found = days(hoursEast: 14)
        #expect(found.map { $0.parts.map(\.heights) }[2] == [3040..<3880, 3880..<4480])
        #expect(
            days(1, from: Self.monday.adding(days: 3), hoursEast: 14)[0].parts.map(\.heights) == [4480..<4600]
        )
    }

    @Test(arguments: [(999, 1000..<1000), (1499, 1000..<1500), (1999, 1000..<2000), (5, 1000..<1000)])
    func `of a day whose last block is known, only the indexed blocks count until it is final`(
        indexed: Int64,
        heights: Range<Int64>
    ) {
        let day = CalendarDay(
            date: Self.monday,
            firstHeight: 1000,
            lastHeight: 1999,
            lastHeightYet: indexed,
            aktPrice: nil,
            isFinal: false
        )
        #expect(day.heights == heights)
        // The next day follows the last block, not the last indexed one.
        let next = CalendarDay(
            date: Self.monday.adding(days: 1),
            firstHeight: 2000,
            lastHeight: nil,
            lastHeightYet: 2000,
            aktPrice: nil,
            isFinal: false
        )
        #expect(CalendarDay.fault(in: [day, next]) == nil)
        // Half of the day has half of all its blocks, whatever is indexed.
        let local = LocalDay.days(Self.monday...Self.monday, calendar: [day]) {
            $0.beginning.adding(seconds: -12 * 3600)
        }
        #expect((local[0].heights ?? 1000..<1000) == heights.clamped(to: 1000..<1500))
    }

    @Test func `a date of which nothing is indexed has no blocks and is not final`() {
        let late = days(1, from: Self.monday.adding(days: 9), hoursEast: 0)
        #expect(late[0].parts.isEmpty && !late[0].isFinal)
    }

    @Test func `a date that a zone left out has no moment and no blocks`() {
        let dates = Self.monday...Self.monday.adding(days: 2)
        let found = LocalDay.days(dates, calendar: Self.calendar) { date in
            // The second date is empty: the third begins at the same moment.
            date == Self.monday.adding(days: 1) ? date.adding(days: 1).beginning : date.beginning
        }
        #expect(found[1].parts.isEmpty)
        let blocks = found.flatMap(\.parts).reduce(0) { $0 + $1.heights.count }
        #expect(blocks == 3600)
    }

    @Test(arguments: [-12, -5, 0, 3, 14])
    func `the days of generated leases add up to their lives, settled days as they were settled`(
        hoursEast: Int64
    ) throws {
        var random = SeededRandom(seed: UInt64(hoursEast + 100))
        for _ in 0..<200 {
            let lease = try madeUpLease(using: &random)
            let whole = sum(Self.calendar.compactMap { lease.usage(on: $0)?.amounts })
            let lines = UsageReport.lines(
                [UsageReport.Owner([lease], on: Self.monday...Self.monday.adding(days: 2))],
                on: days(6, from: Self.monday.adding(days: -2), hoursEast: hoursEast),
                by: .total
            )
            #expect(sum(lines.map(\.totals.amounts)) == whole)
            #expect(lines.allSatisfy { $0.totals.leases <= 1 && $0.totals.deployments == $0.totals.leases })
        }
    }

    /// A lease of which, now and then, a third of what the record says was settled of the second day.
    private func madeUpLease(using random: inout SeededRandom) throws -> LeaseState {
        let created = Int64.random(in: 900..<4600, using: &random)
        let closed = created + Int64.random(in: 0..<3000, using: &random)
        let record = try LeaseRecord.made(created: created, closed: closed, price: "12.345678")
        guard Bool.random(using: &random), let day = record.usage(on: Self.calendar[1]) else {
            return LeaseState(record: record)
        }
        let third = day.amounts.mapValues { $0.divided(by: 3) }
        let settled = LeaseDay(date: day.date, blocks: day.blocks / 3, amounts: third)
        return LeaseState(record: record, kept: [day.date: settled])
    }

    private func sum(_ amounts: [[Denomination: TokenAmount]]) -> [Denomination: TokenAmount] {
        var sum: [Denomination: TokenAmount] = [:]
        for amounts in amounts { sum.merge(amounts, uniquingKeysWith: +) }
        return sum
    }
}
