import Billing
import Database
import Foundation
import GRDB
package import Storage
import Synchronization

/// The store on one SQLite file: for one machine, and the fastest store there.
///
/// One connection does every write and every checkpoint; the others only read. A lock file prevents other
/// processes from opening the database.
package final class SQLiteStore: Store {
    let path: String
    let writer: DatabaseQueue
    let readers: ReaderPool
    let projection: ProjectionPolicy
    let eventWriter: EventWriter
    let marks = ErasureTombstones()
    let inFlight = CloseGate()
    private let checkpoints = Checkpoints(dueAfterFrames: 2048)
    private let lock: DatabaseLock
    let isRebuilding = Atomic<Bool>(false)

    /// Opens the file; creates it and runs missing migrations if needed.
    ///
    /// - Parameters:
    ///   - path: The database file; its folder is created.
    ///   - projection: Which events become part of the feed.
    ///   - limits: How many events may wait to be written.
    ///   - onFailure: Called once, on any thread, after a failed write that requires the process to stop.
    /// - Throws: ``DatabaseLockError``, ``SQLiteStartError``, or ``StoreError`` for any other error of
    ///   SQLite.
    package init(
        path: String,
        projection: ProjectionPolicy = ProjectionPolicy(),
        limits: EventBatches.Limits = EventBatches.Limits(),
        onFailure: @escaping @Sendable (StoreError) -> Void = { _ in }
    ) throws {
        let folder = URL(filePath: path).deletingLastPathComponent()
        do {
            try FileSync.makeFolder(folder)
        } catch {
            throw SQLiteStartError.folder(folder.path)
        }
        let given = path
        let path = DatabaseFiles.resolved(given)
        self.path = path
        lock = try DatabaseLock(databasePath: path)
        try Self.refuseHalfRestored(path)
        Self.removeUnfinishedBackups(of: path)
        // Events contain personal data, and SQLite itself would create a file that every user can read. The
        // WAL gets the mode of this file. If the file were not writable, SQLite would open it read-only, and
        // then refuse every event even after the file becomes writable.
        guard try lock.lockFile(O_RDWR | O_CREAT) else { throw SQLiteStartError(errno, opening: path) }
        (writer, readers) = try Self.opening(path) { [checkpoints, marks] in
            let writer = try Self.openWriter(path, checkpoints)
            let readers = ReaderPool(try (0..<3).map { _ in try Self.openReader(path) })
            try writer.inDatabase { db in
                _ = try SQLiteSession(db).rows(StoredDictionaries.all)
                try Self.load(marks, db)
            }
            return (writer, readers)
        }
        self.projection = projection
        eventWriter = EventWriter(
            queue: writer,
            checkpoints: checkpoints,
            files: DatabaseFiles(ofOpenDatabase: given),
            projection: projection,
            marks: marks,
            limits: limits,
            onFailure: onFailure
        )
    }

    /// Opens the connection that writes.
    ///
    /// GRDB's own WAL mode is not used: it lowers `synchronous` to NORMAL, under which a power failure can
    /// lose an acknowledged event.
    private static func openWriter(_ path: String, _ checkpoints: Checkpoints) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "console-billing.writer"
        configuration.busyMode = .timeout(2)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { db in
            // Checked before any change, so that another program's file stays unchanged.
            try refuseForeign(db, path)
            try DatabaseFiles.keepTemporaryFiles(beside: path, db)
            // With this page size a checkpoint is due every 8 MiB. Pages of 16 KiB would save a twentieth of
            // the processor time, but write three times as much at a thousand events a second, when batches
            // are small.
            try db.execute(sql: "PRAGMA page_size = 4096")
            // The pages that deliveries touch: with SQLite's 2 MB they are read from the file again and again.
            try db.execute(sql: "PRAGMA cache_size = -5120")
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // While a reader keeps one state for long, as a backup does, the WAL grows. Afterwards it is
            // truncated to 64 MiB.
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            // Purged and replaced content is overwritten with zeros in the file:
            // https://www.sqlite.org/pragma.html#pragma_secure_delete
            try db.execute(sql: "PRAGMA secure_delete = ON")
            checkpoints.watch(db)
            guard try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal",
                try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2
            else { throw SQLiteStartError.notDurable }
        }
        try Schema.migrator().migrate(queue)
        try queue.write { try $0.execute(sql: Self.endingLeases) }
        // Durability depends on this setting, which a migration may have changed.
        guard try queue.inDatabase({ try Int.fetchOne($0, sql: "PRAGMA synchronous") }) == 2 else {
            throw SQLiteStartError.notDurable
        }
        return queue
    }

    /// Gives back the jobs of the last process, which the lock file proves to be dead.
    ///
    /// Except fetches and alerts: one of them may be what killed it, and is tried again when its lease ends.
    private static let endingLeases = """
        UPDATE jobs
        SET state = 'waiting', due_at = updated_at, holder = NULL, revision = revision + 1
        WHERE state = 'running' AND kind NOT IN ('fetch', 'alert')
        """

    static func openReader(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "console-billing.reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 0") }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Reads one consistent state of the database.
    func read<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try inFlight.begin(operation)
        defer { inFlight.end() }
        do {
            return try await readers.read(body)
        } catch {
            throw StoreError(error, while: operation)
        }
    }

    /// Writes in one database transaction; an I/O error stops the store, as it does when recording events.
    func write<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try inFlight.begin(operation)
        defer { inFlight.end() }
        if let failure = eventWriter.batches.failure { throw failure }
        do {
            let value = try await writer.write(body)
            // Fails if the task was cancelled meanwhile, and the value is committed nevertheless.
            try? await writer.writeWithoutTransaction { [eventWriter] in eventWriter.checkpointIfDue($0) }
            return value
        } catch {
            let storeError = StoreError(error, while: operation)
            // A row that cannot be decoded says nothing about the disk.
            if !(error is RowError) { eventWriter.stopIfNeeded(after: storeError) }
            throw storeError
        }
    }

    package func checkReady() async throws(StoreError) {
        try eventWriter.batches.checkCapacity()
        try eventWriter.checkFiles()
        // A delivery will need the write lock, the file and space.
        try await write("checking readiness") { [eventWriter, path] in
            try $0.execute(sql: "SELECT 1 FROM events LIMIT 1")
            try eventWriter.checkSpace(beside: path)
        }
    }

    package func close() async {
        await eventWriter.close()
        await inFlight.close()
        readers.close()
        try? writer.close()
        lock.release()
    }
}
