import Billing
import Stories
import Testing

/// What changes in the ledger of usage when records and days arrive.
struct UsagePlanTests {
    private static let june1 = CalendarDay.made(day: 1, heights: 1000...1999, price: "2", isFinal: true)
    private static let june2 = CalendarDay.made(day: 2, heights: 2000...2999, price: "3", isFinal: false)

    private func plan(_ calendar: [CalendarDay]) -> UsagePlan { UsagePlan(.init(calendar: calendar)) }

    @Test func `a record that says what is known changes nothing`() throws {
        var plan = plan([Self.june1, Self.june2])
        let lease = try LeaseRecord.made(created: 1500)
        plan.put(lease)
        var again = UsagePlan(plan.knowledge)
        again.put(lease)
        #expect(again.changedLeases.isEmpty && again.differences.isEmpty && again.contradictions.isEmpty)
    }

    @Test func `a correction changes the open days and leaves the final ones as they were`() throws {
        var plan = plan([Self.june1, Self.june2])
        plan.put(try .made(created: 1500, price: "1"))
        var correction = UsagePlan(plan.knowledge)
        let corrected = try LeaseRecord.made(created: 1500, price: "5")
        correction.put(corrected)
        let known = try #require(correction.knowledge.leases[corrected.identity])
        #expect(known.days[Self.june1.date]?.amounts == [.uact: .made("500")])
        #expect(known.days[Self.june2.date]?.amounts == [.uact: .made("5000")])
        #expect(correction.contradictions == [.init(lease: corrected.identity, date: Self.june1.date)])
    }

    @Test func `a lease first heard of after its day was closed comes too late for that day`() throws {
        var knowledge = UsagePlan.Knowledge(calendar: [Self.june1, Self.june2])
        knowledge.closedThrough["akash1owner"] = Self.june1.date
        var plan = UsagePlan(knowledge)
        let late = try LeaseRecord.made(created: 1500)
        plan.put(late)
        #expect(plan.knowledge.leases[late.identity]?.days.keys.sorted() == [Self.june2.date])
        #expect(plan.contradictions == [.init(lease: late.identity, date: Self.june1.date)])
    }

    @Test func `the history of an owner that nobody knew counts, final days and all`() throws {
        var plan = plan([Self.june1, Self.june2])
        let lease = try LeaseRecord.made(created: 1500)
        plan.put(lease)
        #expect(plan.knowledge.leases[lease.identity]?.days.count == 2)
        #expect(plan.contradictions.isEmpty)
    }

    @Test func `of two records the one that was true later wins, in whatever order they come`() throws {
        let open = try LeaseRecord.made(created: 2100, asOf: 2500)
        let closed = try LeaseRecord.made(created: 2100, closed: 2600, asOf: 2700)
        for order in [[open, closed], [closed, open]] {
            var plan = plan([Self.june1, Self.june2])
            for record in order { plan.put(record) }
            #expect(plan.knowledge.leases[open.identity]?.record == closed)
            #expect(plan.knowledge.leases[open.identity]?.days[Self.june2.date]?.blocks == 500)
        }
    }

    @Test func `a day that goes on takes its leases with it`() throws {
        var plan = plan([.made(day: 1, heights: 1000...1099, price: "2", isFinal: false, isOver: false)])
        let lease = try LeaseRecord.made(created: 1050)
        plan.put(lease)
        plan.put(Self.june1)
        #expect(plan.knowledge.leases[lease.identity]?.days[Self.june1.date]?.blocks == 950)
        #expect(plan.knowledge.leases[lease.identity]?.settled == [Self.june1.date])
    }

    @Test func `a final day takes a price that it lacked, and no other`() {
        let unpriced = CalendarDay.made(day: 1, heights: 1000...1999, price: nil, isFinal: true)
        var plan = plan([unpriced])
        plan.put(Self.june1)
        #expect(plan.knowledge.calendar == [Self.june1] && plan.contradictedDays.isEmpty)
        plan.put(.made(day: 1, heights: 1000...1999, price: "9", isFinal: true))
        #expect(plan.knowledge.calendar == [Self.june1] && plan.contradictedDays == [Self.june1.date])
    }

    @Test func `two days may not share a block, and between two none may be lost`() {
        let days = [Self.june1, Self.june2]
        #expect(CalendarDay.fault(in: days) == nil)
        for first in [1999, 2001] as [Int64] {
            let faulty = [
                Self.june1, CalendarDay.made(day: 2, heights: first...2999, price: nil, isFinal: false),
            ]
            #expect(CalendarDay.fault(in: faulty)?.date == Self.june2.date)
        }
    }

    @Test func `a deployment with two leases counts once, in each group`() throws {
        var plan = plan([Self.june2])
        plan.put(try .made(created: 2100, bseq: 1, provider: "akash1a"))
        plan.put(try .made(created: 2200, bseq: 2, provider: "akash1b"))
        let totals = plan.differences.mapValues { $0.added - $0.removed }
        func at(_ grouping: UsageGrouping, _ group: String) -> UsageTotals? {
            totals[.init(owner: "akash1owner", date: Self.june2.date, grouping: grouping, group: group)]
        }
        #expect(at(.total, "")?.leases == 2 && at(.total, "")?.deployments == 1)
        #expect(at(.provider, "akash1a")?.deployments == 1 && at(.provider, "akash1b")?.deployments == 1)
        #expect(at(.gpuModel, "h100")?.deployments == 1 && at(.gpuModel, "h100")?.gpus == ["h100": 4])
    }

    @Test(arguments: UInt64(1)...20)
    func `totals that are kept equal those added up anew, whatever came in whatever order`(
        seed: UInt64
    ) throws {
        var random = SeededRandom(seed: seed)
        let generated = GeneratedLeases(seed: seed, count: 60)
        var calendar = try generated.calendar.map(CalendarDay.read)
        let leases = try generated.leases.map(LeaseRecord.read)
        var knowledge = UsagePlan.Knowledge(calendar: [])
        var kept: [UsageTotalsKey: UsageTotals] = [:]
        while !calendar.isEmpty {
            var plan = UsagePlan(knowledge)
            for _ in 0..<Int.random(in: 1...10, using: &random) {
                if random.happens(inPercent: 30), !calendar.isEmpty {
                    plan.put(calendar.remove(at: Int.random(in: calendar.indices, using: &random)))
                } else if let lease = leases.randomElement(using: &random) {
                    plan.put(lease.holding(random.happens(inPercent: 80) ? lease.resources : .made(cpu: 7)))
                }
            }
            for (key, difference) in plan.differences {
                kept[key, default: UsageTotals()] += difference.added
                kept[key] = (kept[key] ?? UsageTotals()) - difference.removed
            }
            knowledge = plan.knowledge
        }
        #expect(kept.filter { $0.value != UsageTotals() } == addedUp(knowledge))
    }

    /// The totals by their definition.
    private func addedUp(_ knowledge: UsagePlan.Knowledge) -> [UsageTotalsKey: UsageTotals] {
        var totals: [UsageTotalsKey: UsageTotals] = [:]
        var deployments: [UsageTotalsKey: Set<Int64>] = [:]
        for known in knowledge.leases.values {
            for day in known.days.values {
                for grouping in UsageGrouping.allCases {
                    let key = UsageTotalsKey(
                        owner: known.record.identity.owner,
                        date: day.date,
                        grouping: grouping,
                        group: grouping.group(of: known.record)
                    )
                    totals[key, default: UsageTotals()] += UsageTotals(day, of: known.record)
                    deployments[key, default: []].insert(known.record.identity.dseq)
                }
            }
        }
        for (key, distinct) in deployments { totals[key]?.deployments = Int64(distinct.count) }
        return totals
    }
}

extension CalendarDay {
    /// A day of June 2026.
    fileprivate static func made(
        day: Int64,
        heights: ClosedRange<Int64>,
        price: String?,
        isFinal: Bool,
        isOver: Bool = true
    ) -> CalendarDay {
        CalendarDay(
            date: CivilDate(year: 2026, month: 6, day: day) ?? CivilDate(dayNumber: 0),
            firstHeight: heights.lowerBound,
            lastHeight: isOver ? heights.upperBound : nil,
            lastHeightYet: heights.upperBound,
            aktPrice: price.flatMap(AKTPrice.init),
            isFinal: isFinal
        )
    }
}

extension LeaseRecord {
    fileprivate static func made(
        created: Int64,
        closed: Int64? = nil,
        price: String = "1",
        bseq: Int = 0,
        provider: String = "akash1provider",
        asOf: Int64? = nil
    ) throws -> LeaseRecord {
        try read(
            #"{"chain_id":"akashnet-2","owner":"akash1owner","dseq":"7","gseq":1,"oseq":1,"bseq":\#(bseq),"#
                + #""provider":"\#(provider)","denom":"uact","price_per_block":"\#(price)","#
                + #""created_height":"\#(created)","closed_height":\#(closed.map { "\"\($0)\"" } ?? "null"),"#
                + #""state":"active","gpu_units":2,"gpu_model":"H100","#
                + #""as_of_height":\#(asOf.map { "\"\($0)\"" } ?? "null")}"#
        )
    }
}

extension LeaseResources {
    fileprivate static func made(cpu: Int64) -> LeaseResources {
        LeaseResources(cpuMilli: cpu, memoryBytes: 0, ephemeralBytes: 0, persistentBytes: 0, gpuUnits: 0)
    }
}

extension TokenAmount {
    fileprivate static func made(_ text: String) -> TokenAmount { TokenAmount(microUnits: text) ?? .zero }
}
