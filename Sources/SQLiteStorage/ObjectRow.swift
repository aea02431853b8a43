import Billing
import Foundation
import GRDB
import Storage

/// An ``ObjectRecord`` as a row of the objects table.
enum ObjectRow {
    /// The columns snapshot, shown_at, livemode, api_version, links and undecided.
    static func arguments(_ record: ObjectRecord) -> StatementArguments {
        [
            record.snapshot.map { Data($0.stored) }, record.snapshot?.observedAt.unixSeconds,
            record.snapshot?.livemode, record.snapshot?.apiVersion, LinkCoding.encode(record.links),
            record.isAmbiguous,
        ]
    }

    /// - Returns: The record, without a snapshot if the stored one cannot be read; `nil` for a kind that this
    ///   version does not know.
    static func record(_ row: Row) -> (record: ObjectRecord, isReadable: Bool)? {
        guard let kind = ObjectKind(rawValue: row["kind"]) else { return nil }
        let encoded: Data? = row["snapshot"]
        let snapshot = encoded?.withUnsafeBytes { bytes in
            try? Snapshot(
                stored: bytes.bindMemory(to: UInt8.self),
                observedAt: Instant(unixSeconds: row["shown_at"] as Int64? ?? 0),
                livemode: row["livemode"] as Bool? ?? false,
                apiVersion: row["api_version"]
            )
        }
        let record = ObjectRecord(
            reference: ObjectReference(kind, row["id"]),
            snapshot: snapshot,
            links: LinkCoding.decode(row["links"]),
            isAmbiguous: row["undecided"]
        )
        return (record, isReadable: snapshot != nil || encoded == nil)
    }

    static func arguments(_ key: ObjectKey) -> StatementArguments {
        [key.account, key.reference.kind.rawValue, key.reference.id]
    }

    static func object(
        _ key: ObjectKey,
        in tables: ProjectionTables,
        _ db: Database
    ) throws -> (record: ObjectRecord, isReadable: Bool)? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT kind, id, snapshot, shown_at, livemode, api_version, links, undecided
                FROM \(tables.objects)
                WHERE account = ? AND kind = ? AND id = ?
                """
        )
        return try Row.fetchOne(statement, arguments: arguments(key)).flatMap(record)
    }

    static func records(
        ofPayment payment: Int64,
        in tables: ProjectionTables,
        _ db: Database
    ) throws -> [(record: ObjectRecord, isReadable: Bool)] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT kind, id, snapshot, shown_at, livemode, api_version, links, undecided
                FROM \(tables.objects)
                WHERE payment = ?
                """
        )
        return try Row.fetchAll(statement, arguments: [payment]).compactMap(record)
    }
}
