import Billing
import Database

/// An object as a row of the objects table.
struct StoredObject: Sendable {
    let payment: Int64
    let record: ObjectRecord
}

extension StoredObject {
    static let columns = "kind, id, payment, snapshot, shown_at, livemode, api_version, links, undecided"

    /// Reads ``columns``.
    ///
    /// - Returns: The object, without a snapshot if the stored one cannot be read; `nil` for a kind that this
    ///   version does not know.
    @Sendable
    static func read(_ row: SQLRow) throws -> StoredObject? {
        guard let kind = ObjectKind(rawValue: try row.text("kind")) else { return nil }
        let observedAt = Instant(unixSeconds: try row.optionalInt("shown_at") ?? 0)
        let livemode = try row.optionalBool("livemode") ?? false
        let version = try row.optionalText("api_version")
        let snapshot = try row.decodeOptional("snapshot") { bytes in
            try? Snapshot(stored: bytes, observedAt: observedAt, livemode: livemode, apiVersion: version)
        }
        return StoredObject(
            payment: try row.int("payment"),
            record: ObjectRecord(
                reference: ObjectReference(kind, try row.text("id")),
                snapshot: snapshot ?? nil,
                links: LinkCoding.decode(try row.text("links")),
                isAmbiguous: try row.bool("undecided")
            )
        )
    }
}
