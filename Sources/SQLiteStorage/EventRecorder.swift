import Billing
import Foundation
import GRDB
import Storage

/// Writes one event and what follows from it, inside the writer's database transaction.
struct EventRecorder: Sendable {
    let tables: ProjectionTables
    let projection: ProjectionPolicy

    func record(_ prepared: PreparedEvent, _ db: Database) throws -> RecordOutcome {
        guard try insert(prepared, db) else { return .duplicate }
        try Projector(tables: tables, db: db).project(prepared, asking: prepared.asking)
        return prepared.outcome
    }

    /// - Returns: Whether the event is new.
    private func insert(_ prepared: PreparedEvent, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO events
                    (id, type, created, received_at, livemode, account, api_version, source,
                     disposition, reason, object_id, payload)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO NOTHING
                """
        )
        let event = prepared.event
        try statement.execute(arguments: [
            event.id, event.type, event.created?.unixSeconds, prepared.receivedAt.unixSeconds, event.livemode,
            event.account, event.apiVersion, prepared.source.rawValue, prepared.disposition.rawValue,
            prepared.reason, prepared.objectID, Data(prepared.payload),
        ])
        return db.changesCount > 0
    }
}
