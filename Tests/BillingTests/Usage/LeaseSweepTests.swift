import Scenarios
import TestSupport
import Testing

@testable import Billing

/// The days of a zone, added up by sweeping over them, are what adding up each lease on each day comes to.
struct LeaseSweepTests {
    private static let groupings = UsageGrouping.ofLeases + [.tag("team")]
    /// A third of the deployments has no tag, and the others share two values.
    private static let tags = Dictionary(
        uniqueKeysWithValues: (Int64(0)..<1000).filter { $0 % 3 > 0 }.map { ($0, $0 % 3 == 1 ? "a" : "b") }
    )

    @Test(arguments: groupings, [-43_200, -19_800, 0, 7200, 50_400] as [Int64])
    func `generated leases come to the same as one by one`(grouping: UsageGrouping, secondsEast: Int64) throws
    {
        for seed in UInt64(1)...6 {
            let generated = GeneratedLeases(seed: seed, count: 120)
            var random = SeededRandom(seed: seed + 1000)
            // An unknown day is a gap in the heights.
            let calendar = try generated.calendar.map(CalendarDay.read)
                .filter { _ in !random.happens(inPercent: 8) }
            let leases = try generated.leases.map { text in
                Self.settled(try LeaseRecord.read(text), calendar, &random)
            }
            let first = try #require(calendar.first?.date), last = try #require(calendar.last?.date)
            let days = LocalDay.days(first.adding(days: -2)...last.adding(days: 2), calendar: calendar) {
                $0.beginning.adding(seconds: secondsEast.negatedClamped)
            }
            let half = leases.count / 2
            let owners = [
                UsageReport.Owner(Array(leases[..<half]), on: first...last, tags: Self.tags),
                UsageReport.Owner(
                    Array(leases[half...]),
                    on: first.adding(days: 5)...first.adding(days: 17),
                    tags: Self.tags
                ),
            ]
            #expect(
                UsageReport.lines(owners, on: days, by: grouping)
                    == Self.oneByOne(owners, on: days, by: grouping)
            )
        }
    }

    /// Each lease has a deployment of its own, and its edges on one day.
    @Test func `the work for a day grows with its leases, not with their square`() throws {
        let day = try CalendarDay.read(
            #"{"date":"2026-03-12","first_height":1000,"last_height":1999,"last_height_yet":1999,"final":true}"#
        )
        let leases = try (0..<8_000).map { number in
            let text = #"""
                {"chain_id":"c","owner":"o","dseq":"\#(number)","gseq":1,"oseq":1,"bseq":0,"provider":"p","denom":"uakt",
                "price_per_block":"1","created_height":1100,"closed_height":1500,"state":"closed","cpu_milli":1}
                """#
            return LeaseState(record: try LeaseRecord.read(text))
        }
        func time(_ count: Int) -> Duration {
            SuspendingClock().measure {
                let groups = UsageTotals.groups(of: Array(leases[..<count]), on: [day], by: .total)
                #expect(groups.first?.groups[""]?.deployments == Int64(count))
            }
        }
        // Sixteen times the leases: sixteen times the work, or 256 times if each is compared with all others.
        let ratios = (0..<5).map { _ in time(8_000) / time(500) }
        #expect(try #require(ratios.min()) < 64)
    }

    @Test(arguments: groupings)
    func `the chain's days come to the same as one by one`(grouping: UsageGrouping) throws {
        for seed in UInt64(1)...6 {
            let generated = GeneratedLeases(seed: seed, count: 150)
            var random = SeededRandom(seed: seed + 2000)
            let calendar = try generated.calendar.map(CalendarDay.read)
                .filter { _ in !random.happens(inPercent: 8) }
            let leases = try generated.leases.map { text in
                Self.settled(try LeaseRecord.read(text), calendar, &random)
            }
            let days = UsageTotals.groups(of: leases, on: calendar, by: grouping, tags: Self.tags)
            #expect(
                Dictionary(uniqueKeysWithValues: days.map { ($0.date, $0.groups) }).filter {
                    !$0.value.isEmpty
                }
                    == Dictionary(
                        uniqueKeysWithValues: calendar.map {
                            ($0.date, UsageTotals.oneByOne(of: leases, on: $0, by: grouping, tags: Self.tags))
                        }
                    ).filter { !$0.value.isEmpty }
            )
        }
    }

    /// Ten years of a thousand leases, each with an edge or two: one by one that is millions of sums, and minutes.
    @Test(.timeLimit(.minutes(1)))
    func `many leases over many days take the time of their edges`() throws {
        let first = CalendarDate(dayNumber: 17_000)
        let perDay: Int64 = 14_400
        let calendar = (0..<3650).map { index -> CalendarDay in
            let height = 1 &+ Int64(index) &* perDay
            return CalendarDay(
                date: first.adding(days: Int64(index)),
                firstHeight: height,
                lastHeight: height &+ perDay &- 1,
                lastHeightYet: height &+ perDay &- 1,
                aktPrice: AKTPrice("2.5"),
                isFinal: true
            )
        }
        let leases = try (0..<20_000).map { number in
            LeaseState(
                record: try LeaseRecord.read(
                    #"{"chain_id":"c","owner":"o","dseq":\#(number),"gseq":1,"oseq":1,"bseq":0,"provider":"p","#
                        + #""denom":"uakt","price_per_block":"1.5","created_height":\#(number * 7 + 1),"#
                        + #""state":"active","cpu_milli":1000,"source":"test"}"#
                )
            )
        }
        let dates = first...first.adding(days: 3649)
        let days = LocalDay.days(dates, calendar: calendar) { $0.beginning.adding(seconds: -3600) }
        let lines = UsageReport.lines([UsageReport.Owner(leases, on: dates)], on: days, by: .total)
        #expect(lines.last?.totals.leases == 20_000)
        #expect(lines.last?.totals.amounts == [.uakt: try #require(TokenAmount(microUnits: "432000000"))])
    }

    /// The lease, of which now and then some days were settled otherwise than the record says.
    private static func settled(
        _ record: LeaseRecord,
        _ calendar: [CalendarDay],
        _ random: inout SeededRandom
    ) -> LeaseState {
        var kept: [CalendarDate: LeaseDay?] = [:]
        for day in calendar where random.happens(inPercent: 6) {
            let usage = record.usage(on: day)
            let third = usage.map {
                LeaseDay(
                    date: day.date,
                    blocks: $0.blocks / 3,
                    amounts: $0.amounts.mapValues { $0.divided(by: 3) }
                )
            }
            kept[day.date] = .some(usage == nil || random.happens(inPercent: 50) ? third : nil)
        }
        return LeaseState(record: record, kept: kept)
    }

    private static func oneByOne(
        _ owners: [UsageReport.Owner],
        on days: [LocalDay],
        by grouping: UsageGrouping
    ) -> [UsageLine] {
        days.flatMap { day in
            var totals: [String: UsageTotals] = grouping == .total ? ["": UsageTotals()] : [:]
            var spend: [String: Spend] = [:]
            for owner in owners {
                var deployments: [String: Set<DeploymentIdentity>] = [:]
                let parts = day.limited(to: owner.days).parts
                for lease in owner.leases {
                    let group = grouping.group(of: lease.record, tags: owner.tags)
                    let used = parts.compactMap { part in lease.usage(in: part).map { ($0, part.day) } }
                    for (index, (usage, chainDay)) in used.enumerated() {
                        var own = UsageTotals()
                        if index == 0 { own.add(lease.record) }
                        own.amounts = usage.amounts
                        totals[group, default: UsageTotals()] += own
                        spend[group, default: .zero] += Spend(usage.amounts, aktPrice: chainDay.aktPrice)
                        deployments[group, default: []].insert(lease.record.identity.deployment)
                    }
                }
                for (group, distinct) in deployments {
                    totals[group]?.deployments &+= Int64(distinct.count)
                }
            }
            return totals.sorted { $0.key < $1.key }.map { group, totals in
                let spend = spend[group] ?? .zero
                return UsageLine(
                    date: day.date,
                    group: group,
                    totals: totals,
                    spend: spend,
                    isComplete: day.isFinal && spend.total != nil,
                    isIndexed: !day.parts.isEmpty
                )
            }
        }
    }
}
