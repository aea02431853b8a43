import GRDB
import GRDBSQLite
import Synchronization

/// Brings what is in the WAL into the database file now and then, as SQLite's autocheckpoint would.
///
/// SQLite's own keeps its failures to itself: the commit that it follows has succeeded. A disk that takes the WAL
/// and not the database would be noticed when the WAL has filled it.
final class Checkpoints: Sendable {
    private let dueAfterFrames: Int
    private let framesInWAL = Atomic<Int>(0)

    init(dueAfterFrames: Int) { self.dueAfterFrames = dueAfterFrames }

    /// Takes the place of the connection's autocheckpoint.
    ///
    /// The connection must not outlive this object.
    func watch(_ db: Database) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            db.sqliteConnection,
            { context, _, _, frames in
                guard let context else { return SQLITE_OK }
                let checkpoints = Unmanaged<Checkpoints>.fromOpaque(context).takeUnretainedValue()
                checkpoints.framesInWAL.store(Int(frames), ordering: .relaxed)
                return SQLITE_OK
            },
            context
        )
    }

    /// - Throws: `DatabaseError` when the disk refuses. Nothing is lost then: it is all in the WAL still.
    func takeIfDue(_ db: Database) throws {
        guard framesInWAL.exchange(0, ordering: .relaxed) >= dueAfterFrames else { return }
        try db.checkpoint(.passive)
    }
}
