import Billing
import Storage

extension ViewsConformance {
    static func requireSameFeed(_ place: any QueryablePlace, _ store: any Store) async throws {
        let expected = try await store.allRows().sorted { $0.id < $1.id }.map(columns)
        var found = try await place.query("SELECT * FROM transactions_view")
        found.sort { $0["id"] ?? "" < $1["id"] ?? "" }
        try requireEqual(found.count, expected.count, "number of rows")
        for (var found, expected) in zip(found, expected) {
            found["refund_reason"] = nil
            try requireEqual(found, expected, "row \(expected["id"] ?? "")")
        }
    }

    /// A row of the feed as the view has it.
    private static func columns(_ row: Transaction) -> [String: String] {
        let values: [String: String?] = [
            "id": row.id, "type": row.type.rawValue, "status": row.status, "created": row.created.rfc3339,
            "account": row.account, "customer": row.customer, "livemode": flag(row.livemode),
            "currency": row.currency.code, "amount": String(row.amount),
            "amount_refunded": String(row.amountRefunded), "amount_lost": String(row.amountGone),
            "description": row.description?.replacing("\0", with: "\u{FFFD}"),
            "payment_intent": row.paymentIntent, "charge": row.charge, "invoice": row.invoice,
            "refund": row.refund, "dispute": row.dispute, "disputed": flag(row.disputed),
            "failure_code": row.failure?.code, "failure_decline_code": row.failure?.declineCode,
            "failure_message": row.failure?.message, "payment_method_type": row.paymentMethod?.type,
            "payment_method_brand": row.paymentMethod?.brand,
            "payment_method_last4": row.paymentMethod?.last4,
            "payment_method_label": row.paymentMethod?.label,
            "presentment_amount": row.presentment.map { String($0.money.minorUnits) },
            "presentment_currency": row.presentment?.money.currency.code,
            "receipt_number": row.receipt.number, "reference": row.reference,
            "succeeded_at": row.succeededAt?.rfc3339, "bonus": String(row.bonus),
            "credit_kind": row.creditKind?.rawValue,
        ]
        return values.compactMapValues(\.self)
    }

    static func requireSameUsage(
        _ place: any QueryablePlace,
        _ store: any Store,
        _ view: String,
        by grouping: UsageGrouping,
        _ column: String?
    ) async throws {
        let everyDay = CalendarDate(dayNumber: 0)...CalendarDate(dayNumber: 100_000)
        let calendar = try await store.calendar(everyDay)
        let found = try await place.query("SELECT * FROM \(view)")
        var rows: [[String?]: [String: String]] = [:]
        for row in found { rows[[row["address"], row["date"], column.flatMap { row[$0] }]] = row }
        try requireEqual(rows.count, found.count, "keys of \(view)")
        var (unpriced, expectedCount) = (0, 0)
        for owner in (0..<40).map({ "akash1owner\($0)" }) {
            let groups = try await store.usage(of: owner, everyDay, by: grouping)
            for line in UsageReport.lines(groups, calendar: calendar) {
                expectedCount += 1
                let group = line.group.isEmpty ? nil : line.group
                var row = try requireSome(
                    rows[[owner, line.date.text, group]],
                    "\(view) \(owner) \(line.date)"
                )
                let spent = row.removeValue(forKey: "spent_micros").flatMap { Int64($0) }
                let exact = line.spend.total.flatMap(micros)
                try requireEqual(spent == nil, exact == nil, "unknown cost of \(owner) on \(line.date.text)")
                if let spent, let exact {
                    try require(abs(spent - exact) <= place.tolerance, "\(spent) for \(exact)")
                } else {
                    unpriced += 1
                }
                let gpus = line.totals.gpus.values.reduce(0, +)
                var expected: [String: String?] = [
                    "address": owner, "date": line.date.text, "leases": String(line.totals.leases),
                    "deployments": String(line.totals.deployments), "cpu_milli": String(line.totals.cpuMilli),
                    "memory_bytes": String(line.totals.memoryBytes),
                    "ephemeral_bytes": String(line.totals.ephemeralBytes),
                    "persistent_bytes": String(line.totals.persistentBytes), "gpus": String(gpus),
                    "complete": flag(line.isComplete), "customer": customer(of: owner, on: line.date),
                ]
                if let column { expected[column] = group }
                try requireEqual(row, expected.compactMapValues(\.self), "\(view) \(owner) \(line.date.text)")
            }
        }
        try requireEqual(found.count, expectedCount, "rows of \(view)")
        try require(
            expectedCount > 100 && unpriced > 0 && unpriced < expectedCount,
            "days with and without prices"
        )
    }

    /// An amount in millionths; `nil` for one that is not in range.
    private static func micros(_ amount: ExactAmount) -> Int64? {
        let parts = amount.text(places: 6).split(separator: ".")
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        return Int64(parts[0] + fraction + String(repeating: "0", count: 6 - fraction.count))
    }

    /// The owner's customer as ``putUsage(in:)`` sets it.
    private static func customer(of owner: String, on date: CalendarDate) -> String? {
        switch owner {
        case "akash1owner1": date.dayNumber <= 20_499 ? "cus_1" : nil
        case "akash1owner2": "cus_1"
        default: nil
        }
    }

    private static func flag(_ value: Bool) -> String { value ? "1" : "0" }

    static func array(_ ids: [String]) -> String? {
        guard !ids.isEmpty else { return nil }
        return "[" + ids.map { "\"\($0.replacing(#"\"#, with: #"\\"#))\"" }.joined(separator: ",") + "]"
    }
}
