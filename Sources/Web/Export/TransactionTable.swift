import Billing

/// The feed as a table for customers and bookkeepers.
struct TransactionTable: Sendable {
    let zone: LocalTime
    let links: LinkSigner
    let now: Instant

    var columns: [String] {
        [
            "ID", "Date (\(zone.name))", "Type", "Credit Kind", "Status", "Amount", "Bonus", "Refunded",
            "Currency",
            "Presentment Amount", "Presentment Currency", "Payment Method", "Description", "Customer",
            "Payment Intent", "Charge", "Invoice", "Bank Reference", "Receipt Number", "Receipt URL",
        ]
    }

    func cells(_ row: Transaction) -> [String] {
        [
            row.id, zone.text(row.created), row.type.rawValue, row.creditKind?.rawValue ?? "", row.status,
            row.money.decimalText,
            Money(minorUnits: row.bonus, currency: row.currency).decimalText,
            Money(minorUnits: row.amountRefunded, currency: row.currency).decimalText,
            row.currency.code.uppercased(), row.presentment?.money.decimalText ?? "",
            row.presentment?.money.currency.code.uppercased() ?? "", row.paymentMethod?.label ?? "",
            row.description ?? "", row.customer ?? "", row.paymentIntent ?? "", row.charge ?? "",
            row.invoice ?? "", CSV.digits(row.reference ?? ""), row.receipt.number ?? "",
            row.receipt.available ? links.receiptLink(.init(row, for: .receipt), now: now) : "",
        ]
    }
}
