import Billing
import Foundation
import Storage
import Testing
import TestSupport

@testable import Web

/// The data of pages in tests: rows as the feed derives them from events, and days of usage.
enum PageSample {
    static let now = TestClock.start
    static let today = CalendarDate(TestClock.start)
    static let assets = AssetLinks(
        style: "/assets/billing.css",
        script: "/assets/billing.js",
        receiptStyle: "/assets/receipt.css",
        chart: "/assets/chart.js"
    )

    /// The payment in the events, with a row for each of its transactions.
    static func payment(
        _ events: [MadeEvent]
    ) throws -> (rows: [Transaction], details: [String: PaymentDetail]) {
        var known: [ObjectReference: ObjectRecord] = [:]
        for event in events {
            for record in try Event(parsing: event.body).records(receivedAt: now) {
                known[record.reference] = known[record.reference]?.merging(record) ?? record
            }
        }
        let group = PaymentGroup(Array(known.values), account: nil)
        let rows = group.transactions.sorted { ($0.created, $0.id) > ($1.created, $1.id) }
        let details = rows.map {
            ($0.id, PaymentDetail(transaction: $0, group: group, events: events.map(\.id)))
        }
        return (rows, Dictionary(uniqueKeysWithValues: details))
    }

    /// Several payments, the newest row first.
    static func payments(
        _ stories: [[MadeEvent]]
    ) throws -> (
        rows: [Transaction], details: [String: PaymentDetail]
    ) {
        var rows: [Transaction] = []
        var details: [String: PaymentDetail] = [:]
        for story in stories {
            let (more, behind) = try payment(story)
            rows += more
            details.merge(behind) { $1 }
        }
        return (rows.sorted { ($0.created, $0.id) > ($1.created, $1.id) }, details)
    }

    // MARK: Usage

    /// Days of 14,400 blocks up to today, of which the last is not over.
    static func calendar(
        days: Int64,
        aktPrice: String? = "2.5",
        through last: CalendarDate = today
    ) -> [CalendarDay] {
        (0..<days).map { index in
            let first = 1_000_000 &+ index &* 14_400
            let isOver = index < days &- 1
            return CalendarDay(
                date: last.adding(days: index &- days &+ 1),
                firstHeight: first,
                lastHeight: isOver ? first &+ 14_399 : nil,
                lastHeightYet: isOver ? first &+ 14_399 : first &+ 7199,
                aktPrice: aktPrice.flatMap { AKTPrice($0) },
                isFinal: isOver
            )
        }
    }

    /// A day of one group: so many micro-units of a token.
    static func group(
        _ date: CalendarDate,
        _ name: String = "",
        micro: String,
        of denomination: Denomination = .uact,
        deployments: Int64 = 1
    ) throws -> UsageGroup {
        var totals = UsageTotals()
        totals.leases = deployments
        totals.deployments = deployments
        totals.cpuMilli = 1500 &* deployments
        totals.memoryBytes = deployments << 30
        totals.gpus = name.isEmpty ? [:] : ["h100": 1]
        totals.amounts = [denomination: try #require(TokenAmount(microUnits: micro))]
        return UsageGroup(date: date, group: name, totals: totals)
    }
}

extension String {
    /// An exact number of a file as a page has it, computed independently of our code.
    var roundedToMillionths: String {
        guard var exact = Decimal(string: self) else { return self }
        var rounded = Decimal()
        NSDecimalRound(&rounded, &exact, PageAmount.places, .plain)
        return "\(rounded)"
    }
}
