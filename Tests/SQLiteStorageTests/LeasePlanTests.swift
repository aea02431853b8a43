import Billing
import JSON
import Storage
import TestSupport
import Testing

struct LeasePlanTests {
    @Test func `records that may change too many settled days are refused whole`() throws {
        let (records, calendar) = try Self.sample()
        func plan(_ limit: Int, closedThrough: [String: CalendarDate]) -> LeasePlan {
            let standing = LeasePlan.Standing(
                leases: KnownLeases(),
                closedThrough: closedThrough,
                calendar: calendar
            )
            return LeasePlan(records, standing: standing, maximumSettledDays: limit)
        }
        let last = try #require(calendar.last?.date)
        let closed = Dictionary(records.map { ($0.identity.owner, last) }) { $1 }
        guard case .taken(let changed, let late) = plan(.max, closedThrough: closed).outcome else {
            Issue.record("refused without a limit")
            return
        }
        #expect(changed > 0 && late.count > 10)

        // No day counts twice.
        #expect(plan(late.count, closedThrough: closed).outcome != .tooMuch)
        let refused = plan(late.count - 1, closedThrough: closed)
        #expect(refused.outcome == .tooMuch)
        #expect(refused.leases.isEmpty && refused.stale.isEmpty && refused.contradictions.isEmpty)
        // New owners have no settled days, however long their leases are.
        #expect(plan(0, closedThrough: [:]).outcome == .taken(changed: changed, contradictions: []))
    }

    @Test func `a record that says nothing new of the cost makes no day stale`() throws {
        let (records, calendar) = try Self.sample()
        let record = try #require(
            records.first { $0.endHeight == nil && $0.createdHeight < calendar[3].firstHeight }
        )
        let known = LeasePlan.Standing(
            leases: KnownLeases([LeaseState(record: record)]),
            closedThrough: [record.identity.owner: calendar[2].date],
            calendar: calendar
        )
        func copy(closedHeight: Int64?) -> LeaseRecord {
            LeaseRecord(
                identity: record.identity,
                providerName: "another name",
                prices: record.prices,
                createdHeight: record.createdHeight,
                closedHeight: closedHeight,
                state: record.state,
                resources: record.resources,
                source: "test",
                asOfHeight: calendar[calendar.count - 1].heights.upperBound
            )
        }
        let renamed = LeasePlan([copy(closedHeight: nil)], standing: known)
        #expect(renamed.outcome == .taken(changed: 1, contradictions: []))
        #expect(renamed.stale.isEmpty)

        let (day, last) = (calendar[calendar.count - 2], calendar[calendar.count - 1])
        #expect(day.isFinal && !last.isFinal)
        let ended = LeasePlan([copy(closedHeight: day.firstHeight + 1)], standing: known)
        #expect(ended.contradictions.map(\.date) == [day.date])
        // The settled day keeps its total.
        #expect(ended.stale == [record.identity.owner: last.date...last.date])
    }

    @Test func `only days that are not settled become stale`() throws {
        let (records, calendar) = try Self.sample()
        let record = try #require(
            records.first { $0.endHeight == nil && $0.createdHeight < calendar[3].firstHeight }
        )
        let owner = record.identity.owner
        let (first, last) = (calendar.first { $0.heights.upperBound > record.createdHeight }, calendar.last)
        let (begin, end) = try (#require(first).date, #require(last).date)
        func stale(closedThrough: CalendarDate?) -> ClosedRange<CalendarDate>? {
            let closed = closedThrough.map { [owner: $0] } ?? [:]
            let standing = LeasePlan.Standing(
                leases: KnownLeases(),
                closedThrough: closed,
                calendar: calendar
            )
            return LeasePlan([record], standing: standing).stale[owner]
        }
        #expect(stale(closedThrough: nil) == begin...end)
        #expect(stale(closedThrough: calendar[6].date) == calendar[7].date...end)
        #expect(stale(closedThrough: begin.adding(days: -2)) == begin...end)
        #expect(stale(closedThrough: calendar[calendar.count - 2].date) == end...end)
    }

    @Test func `a day that was settled otherwise stays so when a record differs only on later days`() throws {
        let (records, calendar) = try Self.sample()
        let record = try #require(
            records.first { $0.endHeight == nil && $0.createdHeight < calendar[3].firstHeight }
        )
        let kept: [CalendarDate: LeaseDay?] = [calendar[5].date: nil]
        let standing = LeasePlan.Standing(
            leases: KnownLeases([LeaseState(record: record, kept: kept)]),
            closedThrough: [record.identity.owner: calendar[10].date],
            calendar: calendar
        )
        let last = calendar[calendar.count - 1]
        let ended = LeaseRecord(
            identity: record.identity,
            prices: record.prices,
            createdHeight: record.createdHeight,
            closedHeight: last.firstHeight + 1,
            state: .closed,
            resources: record.resources,
            source: "test",
            asOfHeight: last.heights.upperBound
        )
        #expect(LeasePlan([ended], standing: standing).leases.map(\.kept) == [kept])
    }

    private static func sample() throws -> (records: [LeaseRecord], calendar: [CalendarDay]) {
        let generated = GeneratedLeases(seed: 21, count: 40)
        return (
            try generated.leases.map { try read($0) { try LeaseRecord($0) } },
            try generated.calendar.map { try read($0) { try CalendarDay($0) } }
        )
    }

    private static func read<Value>(_ text: String, _ body: (JSONValue) throws -> Value) throws -> Value {
        try Array(text.utf8).withUnsafeBufferPointer { try JSONValue.read($0, body) }
    }
}
