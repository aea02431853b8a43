import Billing
import Foundation
import GRDB
import Storage

/// An ``ObjectRecord`` as a row of the objects table.
enum ObjectRow {
    /// The columns snapshot, shown_at, livemode, api_version, links and undecided.
    static func arguments(_ record: ObjectRecord) -> StatementArguments {
        [
            record.snapshot.map { Data($0.stored) }, record.snapshot?.shownAt.unixSeconds,
            record.snapshot?.livemode, record.snapshot?.apiVersion, LinkCoding.encode(record.links),
            record.isUndecided,
        ]
    }

    static func record(_ row: Row) throws -> ObjectRecord {
        guard let kind = ObjectKind(rawValue: row["kind"]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT)
        }
        var snapshot: Snapshot?
        if let encoded: Data = row["snapshot"] {
            snapshot = try encoded.withUnsafeBytes { bytes in
                try Snapshot(
                    stored: bytes.bindMemory(to: UInt8.self),
                    shownAt: Instant(unixSeconds: row["shown_at"]),
                    livemode: row["livemode"],
                    apiVersion: row["api_version"]
                )
            }
        }
        return ObjectRecord(
            reference: ObjectReference(kind, row["id"]),
            snapshot: snapshot,
            links: LinkCoding.decode(row["links"]),
            isUndecided: row["undecided"]
        )
    }

    static func records(
        ofPayment payment: Int64,
        in tables: ProjectionTables,
        _ db: Database
    ) throws -> [ObjectRecord] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT kind, id, snapshot, shown_at, livemode, api_version, links, undecided
                FROM \(tables.objects)
                WHERE payment = ?
                """
        )
        return try Row.fetchAll(statement, arguments: [payment]).map(record)
    }
}
