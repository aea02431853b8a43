package import Billing
import Compression
package import Database

/// The key of the derived tables: an object of one Stripe account.
package struct ObjectKey: Hashable, Sendable {
    /// `""` for the platform account, because NULLs would not be equal in a unique index.
    package let account: String
    package let reference: ObjectReference

    package init(_ reference: ObjectReference, account: String?) {
        self.account = account ?? ""
        self.reference = reference
    }

    /// The account, the kind and the id.
    package var values: [SQLValue] { [.text(account), .text(reference.kind.rawValue), .text(reference.id)] }
}

/// An object as a row of the objects table.
package struct StoredObject: Sendable {
    package let key: ObjectKey
    /// The objects of one payment share this number, which has no other meaning; a customer's is 0.
    package let payment: Int64
    package let record: ObjectRecord
    /// Whether the stored snapshot could be read; if not, the record has none.
    let isReadable: Bool

    init(_ key: ObjectKey, payment: Int64, record: ObjectRecord, isReadable: Bool = true) {
        self.key = key
        self.payment = payment
        self.record = record
        self.isReadable = isReadable
    }

    package static let columns = StoreTable.objects.columns.map(\.name).joined(separator: ", ")

    /// The values of ``columns``.
    package var values: [SQLValue] {
        let snapshot = record.snapshot
        return [
            .text(key.account), .text(key.reference.kind.rawValue), .text(key.reference.id), .int(payment),
        ] + Self.values(ofSnapshot: snapshot?.stored) + [
            .int(orNull: snapshot?.observedAt.unixSeconds), .bool(orNull: snapshot?.livemode),
            .text(orNull: snapshot?.apiVersion), .text(LinkCoding.encode(record.links)),
            .bool(record.isAmbiguous),
        ]
    }

    /// The values of `snapshot` and `snapshot_size`.
    static func values(ofSnapshot stored: [UInt8]?) -> [SQLValue] {
        [
            .bytes(orNull: stored.map { Compressor.snapshots.compress($0) ?? $0 }),
            .int(orNull: stored.map { Int64($0.count) }),
        ]
    }

    /// Reads ``columns``.
    ///
    /// - Returns: `nil` for a kind that this version does not know.
    @Sendable
    package static func read(_ row: SQLRow) throws -> StoredObject? {
        guard let kind = ObjectKind(rawValue: try row.text("kind")) else { return nil }
        let reference = ObjectReference(kind, try row.text("id"))
        let observedAt = Instant(unixSeconds: try row.optionalInt("shown_at") ?? 0)
        let livemode = try row.optionalBool("livemode") ?? false
        let version = try row.optionalText("api_version")
        let size = try row.optionalInt("snapshot_size")
        let snapshot = size.flatMap { size in
            try? row.compressed("snapshot", size: Int(clamping: size)).withUnsafeBufferPointer { bytes in
                try Snapshot(stored: bytes, observedAt: observedAt, livemode: livemode, apiVersion: version)
            }
        }
        return StoredObject(
            ObjectKey(reference, account: try row.text("account")),
            payment: try row.int("payment"),
            record: ObjectRecord(
                reference: reference,
                snapshot: snapshot,
                links: LinkCoding.decode(try row.text("links")),
                isAmbiguous: try row.bool("undecided")
            ),
            isReadable: size == nil || snapshot != nil
        )
    }
}
