import Scenarios
import TestSupport
import Testing

@testable import Billing

/// The changes of the usage ledger when records and days arrive.
struct LeaseRevisionTests {
    private static let june1 = CalendarDay.made(day: 1, heights: 1000...1999, price: "2", isFinal: true)
    private static let june2 = CalendarDay.made(day: 2, heights: 2000...2999, price: "3", isFinal: false)

    private func changed(
        _ revision: LeaseRevision
    ) throws -> (lease: LeaseState, contradictions: [CalendarDate]) {
        guard let lease = revision.lease else { throw Unchanged() }
        return (lease, revision.contradictions.map(\.date))
    }

    private struct Unchanged: Error {}

    private func decide(
        _ record: LeaseRecord,
        known: LeaseState? = nil,
        closedThrough: CalendarDate? = nil
    ) -> LeaseRevision {
        .decide(record, known: known, finalDays: [Self.june1], closedThrough: closedThrough)
    }

    @Test func `a repeated record changes nothing`() throws {
        let record = try LeaseRecord.made(created: 1500)
        let revision = decide(record, known: LeaseState(record: record))
        #expect(revision.lease == nil && revision.contradictions.isEmpty)
    }

    @Test func `a correction changes the open days and leaves the final ones as they were`() throws {
        let known = LeaseState(record: try .made(created: 1500, price: "1"))
        let (lease, contradictions) = try changed(decide(.made(created: 1500, price: "5"), known: known))
        #expect(lease.usage(on: Self.june1)?.amounts == [.uact: .made("500")])
        #expect(lease.usage(on: Self.june2)?.amounts == [.uact: .made("5000")])
        #expect(contradictions == [Self.june1.date])
    }

    @Test func `a second correction contradicts the final day again, and the day is unchanged`() throws {
        let known = LeaseState(record: try .made(created: 1500, price: "1"))
        let first = try changed(decide(.made(created: 1500, price: "5"), known: known)).lease
        let second = try changed(decide(.made(created: 1500, price: "6"), known: first))
        #expect(second.lease.usage(on: Self.june1)?.amounts == [.uact: .made("500")])
        #expect(second.contradictions == [Self.june1.date])
        let back = try changed(decide(.made(created: 1500, price: "1"), known: second.lease))
        #expect(back.lease.kept.isEmpty && back.contradictions.isEmpty)
    }

    @Test func `a record that contradicts a final day says so each time`() throws {
        let known = LeaseState(record: try .made(created: 1500, price: "1", asOf: 10))
        let correction = try LeaseRecord.made(created: 1500, price: "5", asOf: 20)
        let corrected = try changed(decide(correction, known: known)).lease
        let repeated = decide(correction, known: corrected)
        #expect(repeated.lease == nil && repeated.contradictions.map(\.date) == [Self.june1.date])
        let late = try LeaseRecord.made(created: 1500)
        let first = decide(late, closedThrough: Self.june1.date)
        let again = decide(late, known: first.lease, closedThrough: Self.june1.date)
        #expect(again.lease == nil && again.contradictions == first.contradictions)
        #expect(first.contradictions.map(\.date) == [Self.june1.date])
    }

    @Test func `an older record is told the days that it contradicts itself, up to its own height`() throws {
        let known = LeaseState(record: try .made(created: 1500, price: "1", asOf: 2500))
        func told(_ record: LeaseRecord) -> [CalendarDate] {
            let revision = decide(record, known: known)
            #expect(revision.lease == nil)
            return revision.contradictions.map(\.date)
        }
        #expect(told(try .made(created: 1500, price: "5", asOf: 2400)) == [Self.june1.date])
        #expect(told(try .made(created: 1500, price: "1", cpu: 2000, asOf: 2400)) == [Self.june1.date])
        #expect(told(try .made(created: 1500, price: "1", asOf: 2400)).isEmpty)
        // It does not know what came after it on the day.
        #expect(told(try .made(created: 1500, price: "5", asOf: 1998)).isEmpty)

        let corrected = try changed(decide(.made(created: 1500, price: "5", asOf: 2600), known: known)).lease
        let right = decide(known.record, known: corrected)
        #expect(right.lease == nil && right.contradictions.isEmpty)
    }

    @Test func `a day that a correction would take away stays, and one that it would add does not come`()
        throws
    {
        let known = LeaseState(record: try .made(created: 1500))
        let later = try changed(decide(.made(created: 2500), known: known))
        #expect(later.lease.usage(on: Self.june1)?.blocks == 500)
        let earlier = try changed(
            decide(.made(created: 1200), known: LeaseState(record: .made(created: 2500)))
        )
        #expect(earlier.lease.usage(on: Self.june1) == nil && earlier.contradictions == [Self.june1.date])
    }

    @Test func `a lease that arrives after its day is final does not change that day`() throws {
        let late = try changed(decide(.made(created: 1500), closedThrough: Self.june1.date))
        #expect(late.lease.usage(on: Self.june1) == nil)
        #expect(late.lease.usage(on: Self.june2)?.blocks == 1000)
        #expect(late.contradictions == [Self.june1.date])
    }

    @Test func `the history of a new owner counts, including final days`() throws {
        let lease = try changed(decide(.made(created: 1500)))
        #expect(lease.lease.usage(on: Self.june1)?.blocks == 500 && lease.contradictions.isEmpty)
    }

    @Test func `of two records the one that was true later wins, in whatever order they come`() throws {
        let open = try LeaseRecord.made(created: 2100, asOf: 2500)
        let closed = try LeaseRecord.made(created: 2100, closed: 2600, asOf: 2700)
        #expect(try changed(decide(closed, known: LeaseState(record: open))).lease.record == closed)
        #expect(decide(open, known: LeaseState(record: closed)).lease == nil)
    }

    @Test func `the resources of a lease do not change after one of its days is final`() throws {
        let known = LeaseState(record: try .made(created: 1500, cpu: 1000))
        for _ in 0..<2 {
            let revision = decide(try .made(created: 1500, cpu: 2000), known: known)
            #expect(revision.lease == nil && revision.contradictions.map(\.date) == [Self.june1.date])
        }
        // Together with another price: both contradict the same day, which is told once.
        let both = try changed(decide(.made(created: 1500, price: "5", cpu: 2000), known: known))
        #expect(both.lease.record.resources.cpuMilli == 1000 && both.contradictions == [Self.june1.date])
        // A node's record has no resources, which does not contradict those that are known.
        var silent = try LeaseRecord.made(created: 1500)
        silent.resources = LeaseResources()
        let same = decide(silent, known: known)
        #expect(same.lease == nil && same.contradictions.isEmpty)
        let open = LeaseState(record: try .made(created: 2500, cpu: 1000))
        #expect(
            try changed(decide(.made(created: 2500, cpu: 2000), known: open)).lease.record.resources.cpuMilli
                == 2000
        )
    }

    @Test func `a final day takes a price that it lacked, and no other`() {
        let unpriced = CalendarDay.made(day: 1, heights: 1000...1999, price: nil, isFinal: true)
        let other = CalendarDay.made(day: 1, heights: 1000...1999, price: "9", isFinal: true)
        #expect(CalendarRevision.decide(Self.june1, known: unpriced) == .changed(Self.june1))
        func difference(_ day: CalendarDay) -> String? {
            guard case .contradicted(let contradiction) = CalendarRevision.decide(day, known: Self.june1)
            else { return nil }
            return contradiction.difference
        }
        #expect(difference(other) == "akt_usd is 2, not 9")
        #expect(CalendarRevision.decide(unpriced, known: Self.june1) == .unchanged)
        let longer = CalendarDay.made(day: 1, heights: 1000...2000, price: "2", isFinal: true)
        #expect(difference(longer) == "last_height is 1999, not 2000")
    }

    @Test func `a day that is known further does not become shorter again`() {
        let noon = CalendarDay.made(day: 2, heights: 2000...2499, price: nil, isFinal: false, isOver: false)
        let evening = CalendarDay.made(
            day: 2,
            heights: 2000...2899,
            price: nil,
            isFinal: false,
            isOver: false
        )
        #expect(CalendarRevision.decide(noon, known: evening) == .unchanged)
        #expect(CalendarRevision.decide(evening, known: noon) == .changed(evening))
    }

    @Test func `two days may not share a block, and between two none may be lost`() {
        #expect(CalendarDay.fault(in: [Self.june1, Self.june2]) == nil)
        for first in [1999, 2001] as [Int64] {
            let faulty = [
                Self.june1, CalendarDay.made(day: 2, heights: first...2999, price: nil, isFinal: false),
            ]
            #expect(CalendarDay.fault(in: faulty)?.date == Self.june2.date)
        }
    }

    @Test func `two records of a lease come to the same outside the heights in which they differ`() throws {
        var random = SeededRandom(seed: 41)
        let calendar = try GeneratedLeases(seed: 41, count: 1).calendar.map(CalendarDay.read)
        let heights = Range(
            uncheckedBounds: (calendar[0].firstHeight, calendar[calendar.count - 1].heights.upperBound)
        )
        var equal = 0
        for _ in 0..<500 {
            let first = Self.made(in: heights, &random)
            let second = random.happens(inPercent: 60) ? Self.changed(first, in: heights, &random) : first
            let differing = second.heights(differingFrom: first)
            #expect(differing == first.heights(differingFrom: second))
            for day in calendar where first.usage(on: day) != second.usage(on: day) {
                #expect(differing?.overlaps(day.heights) == true, "\(first) \(second) \(day)")
            }
            if differing == nil { equal += 1 }
        }
        #expect(equal > 150 && equal < 450)
    }

    @Test func `the heights in which two records differ begin with the first block that does`() throws {
        let one = try LeaseRecord.made(created: 1500, closed: 2600)
        #expect(try LeaseRecord.made(created: 1500, closed: 2999).heights(differingFrom: one) == 2600..<2999)
        #expect(
            try LeaseRecord.made(created: 1500, closed: 2600, cpu: 7).heights(differingFrom: one) == one.life
        )
        #expect(try LeaseRecord.made(created: 1400, closed: 2600).heights(differingFrom: one) == 1400..<2600)
    }

    private static func made(in heights: Range<Int64>, _ random: inout SeededRandom) -> LeaseRecord {
        let created = Int64.random(in: heights, using: &random)
        let open = random.happens(inPercent: 50)
        return LeaseRecord(
            identity: LeaseIdentity(
                chainID: "c",
                owner: "o",
                dseq: 1,
                gseq: 1,
                oseq: 1,
                bseq: 0,
                provider: "p"
            ),
            prices: Self.prices(from: created, heights, &random),
            createdHeight: created,
            closedHeight: open ? nil : Int64.random(in: created...heights.upperBound, using: &random),
            state: open ? .active : .closed,
            resources: LeaseResources(cpuMilli: 1000),
            source: "test",
            asOfHeight: nil
        )
    }

    private static func prices(
        from created: Int64,
        _ heights: Range<Int64>,
        _ random: inout SeededRandom
    ) -> [LeaseRecord.PriceSegment] {
        let later = (0..<Int.random(in: 0...2, using: &random)).map { _ in
            Int64.random(in: created...heights.upperBound, using: &random)
        }
        return Set([created] + later).sorted().map {
            LeaseRecord.PriceSegment(
                fromHeight: $0,
                denomination: random.happens(inPercent: 50) ? .uakt : .uact,
                pricePerBlock: .made(String(Int.random(in: 1...3, using: &random)))
            )
        }
    }

    /// The same lease with another price, another end, or another thing that costs nothing.
    private static func changed(
        _ record: LeaseRecord,
        in heights: Range<Int64>,
        _ random: inout SeededRandom
    ) -> LeaseRecord {
        let (prices, end, reason) = (
            random.happens(inPercent: 30), random.happens(inPercent: 30), random.happens(inPercent: 50)
        )
        let (created, closed) = (record.createdHeight, record.closedHeight)
        return LeaseRecord(
            identity: record.identity,
            prices: prices ? Self.prices(from: created, heights, &random) : record.prices,
            createdHeight: created,
            closedHeight: end ? Int64.random(in: created...heights.upperBound, using: &random) : closed,
            state: record.state,
            closeReason: reason ? "another" : nil,
            resources: record.resources,
            source: "test",
            asOfHeight: heights.upperBound
        )
    }

    @Test func `a deployment with two leases counts once, in each group`() throws {
        let leases = [
            LeaseState(record: try .made(created: 2100, bseq: 1, provider: "akash1a")),
            LeaseState(record: try .made(created: 2200, bseq: 2, provider: "akash1b")),
        ]
        func groups(_ grouping: UsageGrouping) -> [String: UsageTotals] {
            UsageTotals.groups(of: leases, on: [Self.june2], by: grouping).first?.groups ?? [:]
        }
        #expect(groups(.total)[""]?.leases == 2 && groups(.total)[""]?.deployments == 1)
        #expect(groups(.provider).mapValues(\.deployments) == ["akash1a": 1, "akash1b": 1])
        #expect(groups(.gpuModel)["h100"]?.gpus == ["h100": 4] && groups(.gpuModel)["h100"]?.deployments == 1)
        #expect(groups(.deployment)["akashnet-2/akash1owner/7"]?.amounts == [.uact: .made("1700")])
    }

    @Test func `a lease on both sides of a change of denomination is paid in both`() throws {
        let lease = try LeaseRecord.read(
            #"{"chain_id":"akashnet-2","owner":"akash1o","dseq":"1","gseq":1,"oseq":1,"provider":"akash1p","#
                + #""denom":"uakt","price_per_block":"10","created_height":"1500","state":"active","#
                + #""price_segments":[{"from_height":"1800","denom":"uact","price":"7"}]}"#
        )
        #expect(lease.usage(on: Self.june1)?.amounts == [.uakt: .made("3000"), .uact: .made("1400")])
    }

    @Test func `four tenths of a cent a day for thirty days are twelve cents`() {
        let day = Spend([.uact: .made("4000")], aktPrice: nil)
        let month = (0..<30).reduce(Spend.zero) { sum, _ in sum + day }
        #expect(month.total?.display() == "$0.12" && month.total?.exactText == "0.12")
    }

    @Test func `a day without a price of AKT has an unknown cost, not zero`() {
        let spend = Spend([.uakt: .made("5000000"), .uact: .made("1000000")], aktPrice: nil)
        #expect(spend.total == nil && spend.known.exactText == "1")
        #expect(spend.unpriced == [.uakt: .made("5000000")])
    }

    @Test func `usage ends when the escrow is empty, before the lease is closed`() throws {
        let text =
            #"{"chain_id":"c","owner":"o","dseq":1,"gseq":1,"oseq":1,"provider":"p","denom":"uact","#
            + #""price_per_block":"1","created_height":1000,"closed_height":1900,"escrow_end_height":1400,"state":"closed"}"#
        #expect(try LeaseRecord.read(text).usage(on: Self.june1)?.blocks == 400)
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
            date: CalendarDate(year: 2026, month: 6, day: day) ?? CalendarDate(dayNumber: 0),
            firstHeight: heights.lowerBound,
            lastHeight: isOver ? heights.upperBound : nil,
            lastHeightYet: heights.upperBound,
            aktPrice: price.flatMap(AKTPrice.init),
            isFinal: isFinal
        )
    }
}

extension LeaseRecord {
    static func made(
        created: Int64,
        closed: Int64? = nil,
        price: String = "1",
        bseq: Int = 0,
        provider: String = "akash1provider",
        cpu: Int = 1000,
        asOf: Int64? = nil
    ) throws -> LeaseRecord {
        try read(
            #"{"chain_id":"akashnet-2","owner":"akash1owner","dseq":"7","gseq":1,"oseq":1,"bseq":\#(bseq),"#
                + #""provider":"\#(provider)","denom":"uact","price_per_block":"\#(price)","#
                + #""created_height":"\#(created)","closed_height":\#(closed.map { "\"\($0)\"" } ?? "null"),"#
                + #""state":"active","cpu_milli":\#(cpu),"gpu_units":2,"gpu_model":"H100","#
                + #""as_of_height":\#(asOf.map { "\"\($0)\"" } ?? "null")}"#
        )
    }
}

extension TokenAmount {
    fileprivate static func made(_ text: String) -> TokenAmount { TokenAmount(microUnits: text) ?? .zero }
}
