import JSON
import TestSupport
import Testing

@testable import Billing

/// No number about usage, however absurd, stops the service or is written so that it cannot be read back.
struct UsageExtremesTests {
    private static let lease = #"""
        {"chain_id":"c","owner":"o","dseq":"7","gseq":1,"oseq":"1","bseq":0,"provider":"p","denom":"uakt",
        "price_per_block":"100.5","created_height":"100","closed_height":"900","escrow_end_height":"800",
        "state":"active","cpu_milli":1000,"memory_bytes":"1024","ephemeral_bytes":1,"persistent_bytes":1,
        "gpu_units":2,"gpu_model":"h100","group_count":1,"as_of_height":"950","withdrawn":"5000",
        "price_segments":[{"from_height":"200","denom":"uact","price":"1"},{"from_height":300,"denom":"uakt","price":2}]}
        """#
    private static let day =
        #"{"date":"2026-03-12","first_height":"100","last_height":"899","last_height_yet":"899","akt_usd":"2.5","final":true}"#
    private static let numbers =
        Extremes.numbers + [
            "4611686018427387904", "4611686018427387903", "281474976710656",
            "999999999999.999999999999999999",
            "170141183460469231731.687303715884105727", "999999999999999999999",
        ]

    private func roundTrip(_ lease: LeaseRecord) throws {
        let back = try UsageCoding.encode(lease).withUnsafeBufferPointer {
            try UsageCoding.decodeLease($0)
        }
        #expect(back == lease)
    }

    private func roundTrip(_ totals: UsageTotals) throws {
        let back = try UsageCoding.encode(totals).withUnsafeBufferPointer {
            try UsageCoding.decodeTotals($0)
        }
        #expect(back == totals)
    }

    /// All that is made of leases and days, and read back.
    private func derive(_ leases: [LeaseRecord], _ days: [CalendarDay]) throws {
        for lease in leases { try roundTrip(lease) }
        let known = leases.map { LeaseState(record: $0) }
        for day in days {
            for grouping in UsageGrouping.ofLeases {
                let groups = UsageTotals.groups(of: known, on: [day], by: grouping).first?.groups ?? [:]
                #expect(groups == UsageTotals.oneByOne(of: known, on: day, by: grouping))
                for totals in groups.values {
                    try roundTrip(totals)
                    try roundTrip(totals + totals + totals)
                }
            }
            let kept = [day.date: known.first?.usage(on: day)]
            let back = try UsageCoding.encode(kept: kept).withUnsafeBufferPointer {
                try UsageCoding.decodeKept($0)
            }
            #expect(back == kept)
            let settled = known.map { LeaseState(record: $0.record, kept: kept) }
            let around = day.date.adding(days: -1)...day.date.adding(days: 1)
            let local = LocalDay.days(around, calendar: [day]) { $0.beginning.adding(seconds: -3600) }
            for lines in [known, settled].map({
                UsageReport.lines([UsageReport.Owner($0, on: around)], on: local, by: .total)
            }) {
                for line in lines { _ = (line.spend.known.exactText, line.spend.known.display()) }
                _ =
                    BalanceSheet(transactions: [], usage: lines)
                    .total(through: around.upperBound, in: .usd).closing.exactText
            }
        }
        let burn = BurnRate.perHour(
            leases,
            at: .max,
            blocksPerDay: CalendarDay.maximumBlocks,
            aktPrice: days.first?.aktPrice
        )
        _ = (
            burn.known.exactText,
            BurnRate.daysLeft(ExactAmount(Money(minorUnits: .max, currency: .usd)), perHour: burn)
        )
    }

    @Test(arguments: numbers)
    func `every number of a lease may be anything`(number: String) throws {
        let day = try CalendarDay.read(Self.day)
        let wide = CalendarDay(
            date: day.date.adding(days: 1),
            firstHeight: (1 << 62) &- CalendarDay.maximumBlocks,
            lastHeight: 1 << 62,
            lastHeightYet: 1 << 62,
            aktPrice: AKTPrice("999999.999999999999999999"),
            isFinal: true
        )
        for variant in Extremes(of: Array(Self.lease.utf8), quoted: true).variants(number) {
            let lease = try? variant.withUnsafeBufferPointer {
                try JSONValue.read($0) { try LeaseRecord($0) }
            }
            if let lease { try derive([lease], [day, wide]) }
        }
    }

    @Test(arguments: numbers)
    func `every number of a day may be anything`(number: String) throws {
        let lease = try LeaseRecord.read(Self.lease)
        for variant in Extremes(of: Array(Self.day.utf8), quoted: true).variants(number) {
            let day = try? variant.withUnsafeBufferPointer { try JSONValue.read($0) { try CalendarDay($0) } }
            guard let day else { continue }
            try derive([lease], [day])
            _ = CalendarDay.fault(in: [day, day])
        }
    }

    /// Leases whose sum is over 64 bits, of which one ends: the sum is the largest number, and then the rest again.
    @Test func `running sums are exact beyond 64 bits`() throws {
        let calendar = try (0..<3).map { index in
            try CalendarDay.read(
                #"{"date":"2026-03-1\#(index)","first_height":\#(100 + index * 100),"#
                    + #""last_height":\#(199 + index * 100),"last_height_yet":\#(199 + index * 100),"final":true}"#
            )
        }
        let most = LeaseResources(
            cpuMilli: .max,
            memoryBytes: .max,
            ephemeralBytes: .max,
            persistentBytes: .max,
            gpuUnits: .max,
            gpuModel: "h100"
        )
        let leases = try (1...3 as ClosedRange<Int64>).map { number in
            let told = try LeaseRecord.read(Self.lease)
            return LeaseState(
                record: LeaseRecord(
                    identity: LeaseIdentity(
                        chainID: "c",
                        owner: "o",
                        dseq: number,
                        gseq: 1,
                        oseq: 1,
                        bseq: 0,
                        provider: "p"
                    ),
                    prices: [told.prices[0]],
                    createdHeight: 100,
                    closedHeight: number == 1 ? nil : 200,
                    state: .active,
                    resources: most,
                    source: "test",
                    asOfHeight: nil
                )
            )
        }
        for grouping in UsageGrouping.ofLeases {
            let days = UsageTotals.groups(of: leases, on: calendar, by: grouping)
            #expect(
                days.map(\.groups) == calendar.map { UsageTotals.oneByOne(of: leases, on: $0, by: grouping) }
            )
        }
    }

    @Test(arguments: numbers)
    func `every number of a credit or an account may be anything`(number: String) throws {
        let credit =
            #"{"id":"a","customer":"cus_1","kind":"bonus","amount":5,"currency":"usd","created":1000}"#
        for variant in Extremes(of: Array(credit.utf8)).variants(number) {
            let credit = try? variant.withUnsafeBufferPointer {
                try JSONValue.read($0) { try Credit(request: $0, now: Instant(unixSeconds: 0)) }
            }
            guard let credit else { continue }
            let sheet = BalanceSheet(transactions: credit.rows, usage: [])
            _ = sheet.total(through: CalendarDate(dayNumber: .max), in: .usd).closing.exactText
            _ = credit.created.rfc3339
        }
        let accounts =
            #"{"customer":"cus_1","accounts":[{"address":"a","valid_from":5,"valid_to":90000000}]}"#
        for variant in Extremes(of: Array(accounts.utf8)).variants(number) {
            let map = try? variant.withUnsafeBufferPointer { try JSONValue.read($0) { try AccountMap($0) } }
            guard let map else { continue }
            let all = CalendarDate(dayNumber: .min)...CalendarDate(dayNumber: .max)
            #expect(!AccountPeriod.spans(of: map.accounts + map.accounts, in: all).isEmpty)
        }
    }

    @Test func `a sum of tokens stays at the largest number, and is read back`() throws {
        let most = try #require(TokenAmount(microUnits: "999999999999.999999999999999999"))
        var totals = UsageTotals()
        totals.amounts[.uakt] = most * Int64.max
        totals.cpuMilli = .max
        totals.gpus["h100"] = .max
        totals += totals
        #expect(totals.cpuMilli == .max && totals.gpus["h100"] == .max)
        #expect(totals.amounts[.uakt]?.microUnitsText == "170141183460469231731.687303715884105727")
        try roundTrip(totals)
    }

    @Test func `the limit of a lease's text applies to the stored form`() throws {
        func read(_ letters: Int) throws -> LeaseRecord {
            // A capital of two bytes whose small letter has three.
            try .read(Self.lease.replacing("h100", with: String(repeating: "\u{130}", count: letters)))
        }
        #expect(throws: JSONFieldError.self) { try read(128) }
        try roundTrip(read(85))
    }

    @Test func `a lease that changes its price for ever is read back`() throws {
        var lease = try LeaseRecord.read(Self.lease)
        for change in 1...1200 {
            let told = try LeaseRecord.read(
                Self.lease.replacing(#""price_per_block":"100.5""#, with: #""price_per_block":"\#(change)""#)
                    .replacing("price_segments", with: "x_segments")
            )
            lease = try #require(told.continuing(lease, confirmedAt: 1000 &+ Int64(change)))
        }
        #expect(lease.prices.last?.pricePerBlock.microUnitsText == "1200")
        try roundTrip(lease)
    }
}

extension Credit {
    /// The rows of the event that records the credit, twice.
    fileprivate var rows: [Transaction] {
        guard let event = try? Event(parsing: event(livemode: true)) else { return [] }
        let group = PaymentGroup(event.records(receivedAt: created), account: nil)
        return group.transactions + group.transactions
    }
}
