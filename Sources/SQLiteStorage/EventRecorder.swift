import Billing
import Foundation
import GRDB
import Storage

/// Writes one event, its rows and its work inside the writer's database transaction.
struct EventRecorder: Sendable {
    let tables: ProjectionTables
    let projection: ProjectionPolicy
    let marks: ErasureTombstones

    func record(_ arrived: PreparedEvent, _ db: Database) throws -> RecordOutcome {
        let erased = marks.applied(to: arrived, projection: projection)
        let prepared = erased?.event ?? arrived
        guard try insert(prepared, db) else { return .duplicate }
        if let erased { try SQLiteStore.mark(erased.ids, of: erased.key, at: prepared.receivedAt, marks, db) }
        let projector = Projector(tables: tables, projection: projection, db: db)
        try projector.project(prepared, fetchPolicy: prepared.fetchPolicy)
        return prepared.outcome
    }

    /// - Returns: Whether the event is new in its API version.
    private func insert(_ prepared: PreparedEvent, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO events
                    (id, type, created, received_at, livemode, account, api_version, source,
                     disposition, reason, object_id, payload, body_removed_at, body_removed_for, body_size,
                     essence)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id, api_version) DO NOTHING
                """
        )
        let event = prepared.event
        try statement.execute(arguments: [
            event.id, event.type, event.created?.unixSeconds, prepared.receivedAt.unixSeconds, event.livemode,
            event.account, event.key.apiVersion, prepared.source.rawValue, prepared.disposition.rawValue,
            prepared.reason, prepared.objectID, Data(prepared.payload), prepared.removal?.at.unixSeconds,
            prepared.removal?.cause.rawValue, prepared.removal.map { _ in prepared.size },
            prepared.essence.map { Data($0) },
        ])
        return db.changesCount > 0
    }
}
