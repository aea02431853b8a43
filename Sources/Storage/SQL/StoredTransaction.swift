package import Billing
package import Database

/// A transaction as a row of the transactions table.
package struct StoredTransaction: Sendable {
    package let transaction: Transaction
    package let payment: Int64

    package init(_ transaction: Transaction, payment: Int64) {
        self.transaction = transaction
        self.payment = payment
    }

    package static let columns = StoreTable.transactions.columns.map(\.name).joined(separator: ", ")

    /// The columns that say what the row is, and not which number its payment has.
    package static let content = StoreTable.transactions.columns.map(\.name).filter { $0 != "payment" }

    package static func ofPayment(_ payment: Int64, prefix: String = "") -> Query<StoredTransaction> {
        Query(
            "SELECT \(columns) FROM \(prefix)transactions WHERE payment = $1",
            [.int(payment)],
            decode: read
        )
    }

    package static func named(_ ids: some Sequence<String>) -> Query<StoredTransaction> {
        Query("SELECT \(columns) FROM transactions WHERE id = ANY($1)", [.texts(Array(ids))], decode: read)
    }

    /// How many rows are no longer there, or have another content.
    package static func changed(from before: [StoredTransaction], to after: [StoredTransaction]) -> Int {
        let now = Dictionary(after.map { ($0.transaction.id, $0) }) { first, _ in first }
        return before.count { now[$0.transaction.id]?.hasSameContent(as: $0) != true }
    }

    /// The values of ``columns``.
    package var values: [SQLValue] {
        let row = transaction
        let (method, failure, shown) = (row.paymentMethod, row.failure, row.presentment?.money)
        return [
            .text(row.id), .int(payment), .text(row.type.rawValue), .text(row.status),
            .text(row.currency.code),
            .int(Facet(row.type, row.status, row.currency).number), .int(row.created.unixSeconds),
            .text(row.account ?? ""), .text(orNull: row.customer), .bool(row.livemode), .int(row.amount),
            .int(row.amountRefunded), .int(row.amountGone), .text(orNull: row.description),
            .text(orNull: row.paymentIntent), .text(orNull: row.charge), .text(orNull: row.invoice),
            .text(orNull: row.refund), .text(orNull: row.dispute), .bool(row.disputed),
            .text(orNull: failure?.code), .text(orNull: failure?.declineCode),
            .text(orNull: failure?.message), .text(orNull: method?.type), .text(orNull: method?.brand),
            .text(orNull: method?.last4), .text(orNull: method?.label),
            .int(orNull: shown?.minorUnits), .text(orNull: shown?.currency.code),
            .bool(row.receipt.available), .text(orNull: row.receipt.number),
            .text(orNull: row.nextAction?.type), .text(orNull: row.nextAction?.url),
            .text(orNull: row.reference), .text(orNull: row.refundReason),
            .int(orNull: row.succeededAt?.unixSeconds), .int(row.bonus),
            .text(orNull: row.creditKind?.rawValue),
        ]
    }

    /// Reads ``columns``.
    @Sendable
    package static func read(_ row: SQLRow) throws -> StoredTransaction {
        let account = try row.text("account")
        var transaction = Transaction(
            id: try row.text("id"),
            type: try row.known("type"),
            status: try row.text("status"),
            amount: try row.int("amount"),
            amountRefunded: try row.int("amount_refunded"),
            currency: Currency(try row.text("currency")),
            created: Instant(unixSeconds: try row.int("created")),
            customer: try row.optionalText("customer"),
            description: try row.optionalText("description"),
            paymentMethod: try paymentMethod(row),
            paymentIntent: try row.optionalText("payment_intent"),
            charge: try row.optionalText("charge"),
            invoice: try row.optionalText("invoice"),
            refund: try row.optionalText("refund"),
            dispute: try row.optionalText("dispute"),
            failure: try failure(row),
            disputed: try row.bool("disputed"),
            livemode: try row.bool("livemode"),
            account: account.isEmpty ? nil : account,
            receipt: Transaction.Receipt(
                available: try row.bool("has_receipt"),
                number: try row.optionalText("receipt_number")
            ),
            presentment: try presentment(row),
            nextAction: try row.optionalText("next_action_type").map {
                NextAction(type: $0, url: try row.optionalText("next_action_url"))
            },
            reference: try row.optionalText("reference"),
            amountGone: try row.int("amount_gone")
        )
        transaction.refundReason = try row.optionalText("refund_reason")
        transaction.succeededAt = try row.optionalInt("succeeded_at").map { Instant(unixSeconds: $0) }
        transaction.bonus = try row.int("bonus")
        transaction.creditKind = try row.optionalText("credit_kind").flatMap(Credit.Kind.init)
        return StoredTransaction(transaction, payment: try row.int("payment"))
    }

    private static func paymentMethod(_ row: SQLRow) throws -> PaymentMethod? {
        guard let type = try row.optionalText("payment_method_type") else { return nil }
        return PaymentMethod(
            type: type,
            brand: try row.optionalText("payment_method_brand"),
            last4: try row.optionalText("payment_method_last4"),
            label: try row.text("payment_method_label")
        )
    }

    /// A failure has a code or a message.
    private static func failure(_ row: SQLRow) throws -> Transaction.Failure? {
        let code = try row.optionalText("failure_code")
        let declineCode = try row.optionalText("failure_decline_code")
        let message = try row.optionalText("failure_message")
        guard code != nil || message != nil else { return nil }
        return Transaction.Failure(code: code, declineCode: declineCode, message: message)
    }

    private static func presentment(_ row: SQLRow) throws -> Presentment? {
        guard let amount = try row.optionalInt("presentment_amount") else { return nil }
        let currency = Currency(try row.text("presentment_currency"))
        return Presentment(Money(minorUnits: amount, currency: currency))
    }

    /// Whether both are stored alike but for the number of their payment.
    ///
    /// Compares byte by byte, because equal texts of Swift may have different bytes.
    func hasSameContent(as other: StoredTransaction) -> Bool {
        let theirs = StoredTransaction(other.transaction, payment: payment).values
        return zip(values, theirs).allSatisfy { mine, theirs in
            guard case .text(let text) = mine, case .text(let other) = theirs else { return mine == theirs }
            return text.utf8.elementsEqual(other.utf8)
        }
    }
}
