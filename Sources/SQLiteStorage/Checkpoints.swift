import GRDB
import GRDBSQLite
import Synchronization

/// Copies the WAL into the database file from time to time, in place of SQLite's autocheckpoint.
///
/// SQLite's own hides its errors, because the commit before it has succeeded. If a disk accepted writes to
/// the WAL but not to the database, the fault would be noticed only when the WAL has filled the disk.
final class Checkpoints: Sendable {
    private let dueAfterFrames: Int
    private let framesInWAL = Atomic<Int>(0)
    /// How long the WAL was when readers were last waited for.
    private let framesAtWait = Atomic<Int>(0)

    init(dueAfterFrames: Int) { self.dueAfterFrames = dueAfterFrames }

    /// Replaces the connection's autocheckpoint.
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

    /// - Throws: `DatabaseError` if the disk refuses the write. No data is lost then: all of it is still in
    ///   the WAL.
    func takeIfDue(_ db: Database) throws {
        let frames = framesInWAL.exchange(0, ordering: .relaxed)
        guard frames >= dueAfterFrames else { return }
        // A WAL that began anew is shorter than it was then.
        let waited = framesAtWait.load(ordering: .relaxed)
        let next = frames < waited ? 0 : waited + dueAfterFrames / 4
        guard frames >= max(next, 4 * dueAfterFrames) else {
            try db.checkpoint(.passive)
            return
        }
        framesAtWait.store(frames, ordering: .relaxed)
        try restart(db)
    }

    /// Waits for the readers of the moment, so that the WAL begins anew.
    ///
    /// Readers that never pause would keep it growing. One that keeps a state for long, such as a backup, is not
    /// waited for.
    private func restart(_ db: Database) throws {
        sqlite3_busy_timeout(db.sqliteConnection, 20)
        defer { sqlite3_busy_timeout(db.sqliteConnection, 2000) }
        do {
            try db.checkpoint(.restart)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return
        }
    }
}
