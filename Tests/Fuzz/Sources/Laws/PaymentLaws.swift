package import Billing
import Fuzzing

/// Invariants of the objects of any payment, however odd.
package enum PaymentLaws {
    /// Derives the rows twice, from the objects as they came and as they come back out of the store.
    package static func check(_ records: [ObjectRecord], account: String?) {
        let payment = records.filter { $0.reference.kind != .customer }
        let group = PaymentGroup(payment, account: account)
        let rows = sorted(group.transactions)
        let stored = PaymentGroup(payment.map(restored), account: account)
        require(rows == sorted(stored.transactions), "the rows are those of a rebuild")
        require(group.missing == stored.missing, "the same is missing after a rebuild")

        rows.forEach(check)
        // A few: each of them derives the rows once more.
        for row in rows.prefix(3) {
            require(group.relatives(of: row).contains(row), "a row is among its relatives")
            _ = group.attempts(of: row)
            _ = row.receiptTarget(prefersPDF: true)
        }
    }

    /// The rows in the one order in which they can be compared.
    package static func sorted(_ rows: [Transaction]) -> [Transaction] {
        rows.sorted { ($0.id, $0.type.rawValue, $0.status) < ($1.id, $1.type.rawValue, $1.status) }
    }

    /// The record as the store gives it back.
    private static func restored(_ record: ObjectRecord) -> ObjectRecord {
        guard let snapshot = record.snapshot else { return record }
        let stored = try? snapshot.stored.withUnsafeBufferPointer { bytes in
            try Snapshot(
                stored: bytes,
                observedAt: snapshot.observedAt,
                livemode: snapshot.livemode,
                apiVersion: snapshot.apiVersion
            )
        }
        guard let back = stored else { fatalError("broken law: a snapshot can be read again") }
        require(back.stored == snapshot.stored, "a snapshot is stored as it was read")
        require(back.object.reference == record.reference, "an object keeps its name")
        require(back.object.value.progress == snapshot.object.value.progress, "an object keeps its progress")
        require(back == snapshot, "a snapshot keeps its place among the others")
        let again = ObjectRecord(
            reference: record.reference,
            snapshot: back,
            links: record.links,
            isAmbiguous: record.isAmbiguous
        )
        require(again.merging(record) == record, "a record is as heavy as what is stored of it")
        return again
    }

    private static func check(_ row: Transaction) {
        require(row.amount >= 0 && row.amountRefunded >= 0, "an amount is never negative")
        let ids = [row.id] + [row.customer, row.paymentIntent, row.charge, row.invoice].compactMap(\.self)
        require(ids.allSatisfy(StripeID.isValid), "an id is one")
        let texts = [
            row.status, row.currency.code, row.description, row.paymentMethod?.type, row.paymentMethod?.brand,
            row.paymentMethod?.last4, row.paymentMethod?.label, row.failure?.code, row.failure?.declineCode,
            row.failure?.message, row.receipt.number, row.money.display, row.money.decimalText,
        ]
        require(
            !texts.contains { $0?.utf8.contains(0) == true },
            "no NUL is given to a database or a terminal"
        )
    }
}
