import Foundation
import GRDB
import Storage
import StorageConformance

@testable import SQLiteStorage

/// A folder of its own for one database.
struct TemporaryPlace: StorePlace {
    let folder: URL

    var path: String { folder.appending(path: "billing.sqlite").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "sqlite-tests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func open(_ projection: ProjectionPolicy) throws -> any Store {
        try SQLiteStore(path: path, projection: projection)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}

extension StoreUnderTest {
    static let sqlite = StoreUnderTest("SQLite") { try TemporaryPlace() }
}

/// Makes a folder for as long as `body` runs.
func withPlace<Result>(_ body: (TemporaryPlace) async throws -> Result) async throws -> Result {
    let place = try TemporaryPlace()
    defer { place.remove() }
    return try await body(place)
}

/// Opens a store in a folder of its own for as long as `body` runs.
func withSQLiteStore<Result>(
    limits: EventBatches.Limits = EventBatches.Limits(),
    onFailure: @escaping @Sendable (StoreError) -> Void = { _ in },
    _ body: (SQLiteStore) async throws -> Result
) async throws -> Result {
    try await withPlace { place in
        let store = try SQLiteStore(path: place.path, limits: limits, onFailure: onFailure)
        do {
            let result = try await body(store)
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }
}

extension TemporaryPlace {
    /// Changes the file behind the store's back, while none has it open.
    func edit(_ sql: String, _ arguments: StatementArguments = []) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql, arguments: arguments) }
        try queue.close()
    }
}

/// Holds the writer's thread, so that what comes meanwhile has to wait.
final class WriterGate: Sendable {
    private let opened = DispatchSemaphore(value: 0)

    init(_ store: SQLiteStore) {
        store.writer.asyncWriteWithoutTransaction { [opened] _ in opened.wait() }
    }

    /// A test that ends early leaves no task waiting.
    deinit { open() }

    func open() { opened.signal() }
}

extension SQLiteStore {
    /// Returns when the writer refuses with that code what comes from now on.
    func untilRefusing(_ code: StoreError.Code) async {
        while !Task.isCancelled {
            do throws(StoreError) {
                try eventWriter.batches.checkCapacity()
            } catch {
                if error.code == code { return }
            }
            await Task.yield()
        }
    }
}
