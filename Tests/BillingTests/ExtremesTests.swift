import Foundation
import JSON
import TestSupport
import Testing

@testable import Billing

/// No number in an event, however absurd, stops the service or is written so that it cannot be read back.
///
/// A trap ends the run.
struct ExtremesTests {
    static let fixtures: [String] = {
        let folder = Testdata.url("events")
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }()

    /// Derives what the service would, and reads back all that it would write.
    private func derive(_ events: [Event]) throws {
        let known = Sample.merge(events).values.filter { $0.reference.kind != .customer }
        for record in known {
            guard let snapshot = record.snapshot else { continue }
            let back = try snapshot.stored.withUnsafeBufferPointer {
                try Snapshot(
                    stored: $0,
                    observedAt: snapshot.observedAt,
                    livemode: snapshot.livemode,
                    apiVersion: snapshot.apiVersion
                )
            }
            #expect(back == snapshot && back.stored == snapshot.stored)
        }
        let group = PaymentGroup(Array(known), account: nil)
        for row in group.transactions {
            #expect(row.amount >= 0 && row.amountRefunded >= 0 && row.amountGone >= 0)
            _ = (row.money.display, row.created.rfc3339, group.attempts(of: row), group.relatives(of: row))
        }
        let sheet = BalanceSheet(transactions: group.transactions, usage: [])
        let today = CalendarDate(Instant(unixSeconds: 1_800_000_000))
        for currency in sheet.currencies {
            let total = sheet.total(through: today, in: currency)
            _ = (total.closing.exactText, total.closing.display(in: currency), group.missing)
            _ = sheet.days(today.adding(days: -3)...today, in: currency).map(\.closing.exactText)
        }
    }

    @Test(arguments: fixtures)
    func `every number of an event may be anything`(fixture: String) throws {
        let extremes = Extremes(of: try Testdata.bytes("events/\(fixture)"))
        for number in Extremes.numbers {
            for variant in extremes.variants(number) {
                guard let event = try? Event(parsing: variant) else { continue }
                try derive([event])
            }
        }
    }

    /// The writer puts an object under that name beside others, in order.
    @Test(arguments: ["", " ", "card", "object", "typd", "type", "typf", "\u{7F}", "é", "\u{1F4B3}"])
    func `a kind of payment method may have any name`(name: String) throws {
        let bytes = try Testdata.bytes("events/charge.succeeded.json")
        var event = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        var data = try #require(event["data"] as? [String: Any])
        var charge = try #require(data["object"] as? [String: Any])
        var details: [String: Any] = [name: ["brand": "visa", "last4": "4242"]]
        details["type"] = name
        charge["payment_method_details"] = details
        data["object"] = charge
        event["data"] = data
        let variant = [UInt8](try JSONSerialization.data(withJSONObject: event))
        try derive([try Event(parsing: variant)])
    }

    @Test(arguments: Report.all)
    func `every number of a story's event may be anything`(report: Report) throws {
        let events = report.payloads.map { try? Event(parsing: $0) }
        for (index, payload) in report.payloads.enumerated() {
            let original = events[index].map { Sample.merge([$0]) }
            for number in [String(Int64.min), String(Int64.max), "10000000000000", "0"] {
                for variant in Extremes(of: payload).variants(number) {
                    guard let event = try? Event(parsing: variant), event.unreadableReason == nil,
                        Sample.merge([event]) != original
                    else { continue }
                    var told = events
                    told[index] = event
                    try derive(told.compactMap(\.self))
                }
            }
        }
    }

    static let amounts: [(type: String, field: String, object: String)] = [
        (
            "charge.succeeded", "amount",
            #"{"id":"ch_1","amount":#,"currency":"usd","created":1,"status":"succeeded"}"#
        ),
        (
            "charge.refunded", "amount_refunded",
            #"{"id":"ch_1","amount":1,"amount_refunded":#,"currency":"usd","created":1}"#
        ),
        (
            "payment_intent.succeeded", "amount_received",
            #"{"id":"pi_1","amount":1,"amount_received":#,"currency":"usd","created":1,"status":"succeeded"}"#
        ),
        ("refund.created", "amount", #"{"id":"re_1","amount":#,"currency":"usd","created":1}"#),
        (
            "charge.dispute.created", "balance_transactions.0.amount",
            #"{"id":"dp_1","amount":1,"currency":"usd","created":1,"status":"lost","balance_transactions":[{"amount":-#}]}"#
        ),
        (
            "invoice.paid", "total_discount_amounts.1.amount",
            #"{"id":"in_1","currency":"usd","created":1,"total_discount_amounts":[{"amount":1},{"amount":#}]}"#
        ),
        (
            "invoice.paid", "total",
            #"{"id":"in_1","currency":"usd","created":1,"discount":{},"subtotal":1,"total":#}"#
        ),
        ("invoice_payment.paid", "amount_paid", #"{"id":"inpay_1","amount_paid":#}"#),
        ("checkout.session.completed", "amount_total", #"{"id":"cs_1","amount_total":#}"#),
    ]

    @Test(arguments: amounts.indices)
    func `an amount over 10¹³ is quarantined, with that reason`(index: Int) throws {
        let (type, field, object) = Self.amounts[index]
        func reason(_ amount: String) throws -> String? {
            try Sample.event(type, object.replacing("#", with: amount)).unreadableReason
        }
        #expect(try reason("10000000000000") == nil)
        for amount in ["10000000000001", String(Int64.max)] {
            let told = try #require(try reason(amount))
            #expect(told.hasPrefix("data.object.\(field) is an amount") && told.hasSuffix("10^13"), "\(told)")
        }
    }

    @Test func `discounts that come to more than an amount may be are kept as the largest one`() throws {
        let amounts = (1...3).map { _ in #"{"amount":10000000000000}"# }.joined(separator: ",")
        let event = try Sample.event(
            "invoice.paid",
            #"{"id":"in_1","currency":"usd","created":1,"status":"paid","total_discount_amounts":[\#(amounts)]}"#
        )
        guard case .invoice(let invoice) = event.object else {
            Issue.record("it is no invoice")
            return
        }
        #expect(invoice.amountDiscounted == Money.largestTold)
        try derive([event])
    }

    @Test(arguments: [Int64.min, -62_135_596_801, 253_402_300_800, .max])
    func `a time that no calendar has is none`(seconds: Int64) throws {
        let event = try Sample.event(
            "refund.created",
            created: seconds,
            #"{"id":"re_1","amount":1,"currency":"usd","created":\#(seconds)}"#
        )
        #expect(event.created == nil)
        #expect(event.unreadableReason == "data.object.created is not a time")
    }

    @Test(
        arguments: [(Int64.max, nil), (10_000_000_000_001, nil), (-1, nil), (.min, nil), (1, 1), (0, 0)]
            as [(Int64, Int64?)]
    )
    func `a count that cannot be is none`(told: Int64, kept: Int64?) throws {
        let text = #"""
            {"id":"dp_1","amount":1,"currency":"usd","created":1,"status":"needs_response","charge":"ch_1",
            "evidence_details":{"submission_count":\#(told)}}
            """#
        let dispute = try Array(text.utf8).withUnsafeBufferPointer {
            try JSONValue.read($0) { try Dispute($0, Rendering(version: nil)) }
        }
        #expect(dispute.submissions == kept)
    }

    @Test(
        arguments: [
            (Int64.max, 1, Int64.max, Int64.max &- 1), (.min, -1, .min, .min &+ 1),
            (1, .min, .min &+ 1, .max),
            (-2, .max, .max &- 2, .min), (5, 3, 8, 2),
        ] as [(Int64, Int64, Int64, Int64)]
    )
    func `sums and differences stay at the ends`(left: Int64, right: Int64, sum: Int64, difference: Int64) {
        #expect(left.addingClamped(right) == sum)
        #expect(left.subtractingClamped(right) == difference)
    }

    @Test func `dates stay within the days that have all their seconds`() {
        for days in [Int64.min, .max] {
            let date = CalendarDate(dayNumber: days)
            #expect(date.adding(days: days) == date)
            #expect(CalendarDate(date.beginning) == date)
            #expect(CalendarDate(Instant(unixSeconds: days)).beginning.unixSeconds.magnitude > 1 << 62)
            _ = (date.text, date.firstOfMonth, date.adding(months: 1), Instant(unixSeconds: days).rfc3339)
        }
    }
}
