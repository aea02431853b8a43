import Billing
import Foundation
import GRDB
import Storage
import StorageConformance
import Synchronization
import Testing

@testable import SQLiteStorage

/// How events get onto the disk: together, in turn, and not without limit.
@Suite(.timeLimit(.minutes(5)))
struct WritingTests {
    /// An event with a text of that size, which compression does not shorten much.
    private func event(_ number: Int, size: Int = 0) throws -> [UInt8] {
        var state: UInt64 = 1
        let text = (0..<size).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(ascii: "0") + UInt8(state >> 58)
        }
        return try MadeUp.event("evt_\(number)", "a.b", ["text": String(decoding: text, as: UTF8.self)])
    }

    @Test(arguments: [(200, 512, 1), (200, 50, 4), (200, 1, 200)])
    func `what waits is committed together`(events: Int, batch: Int, commits: Int) async throws {
        try await withSQLiteStore(limits: .init(maxWaiting: events, maxBatch: batch)) { store in
            let counter = CommitCounter()
            store.writer.add(transactionObserver: counter, extent: .databaseLifetime)
            let gate = WriterGate(store)
            try await withThrowingTaskGroup(of: RecordOutcome.self) { group in
                for number in 0..<events { group.addTask { try await store.record(event(number)) } }
                await store.untilRefusing(.busy)
                gate.open()
                for try await outcome in group { #expect(outcome == .recorded) }
            }
            #expect(counter.commits == commits)
            #expect(try await store.entries(EventQuery(limit: 1000))?.elements.count == events)
        }
    }

    @Test func `a duplicate in the batch of its first is a duplicate`() async throws {
        try await withSQLiteStore(limits: .init(maxWaiting: 10)) { store in
            let gate = WriterGate(store)
            let outcomes = try await withThrowingTaskGroup(of: RecordOutcome.self) { group in
                for _ in 0..<10 { group.addTask { try await store.record(event(1)) } }
                await store.untilRefusing(.busy)
                gate.open()
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(outcomes == [.recorded: 1, .duplicate: 9])
        }
    }

    @Test func `events over the queue's length are refused as busy, and accepted later`()
        async throws
    {
        try await withSQLiteStore(limits: .init(maxWaiting: 3)) { store in
            let gate = WriterGate(store)
            try await withThrowingTaskGroup(of: RecordOutcome.self) { group in
                for number in 0..<3 { group.addTask { try await store.record(event(number)) } }
                await store.untilRefusing(.busy)
                await #expect(throws: StoreError(.busy, while: "accepting an event")) {
                    try await store.record(event(9))
                }
                await #expect(throws: StoreError(.busy, while: "accepting an event")) {
                    try await store.checkReady()
                }
                gate.open()
                try await group.waitForAll()
            }
            try await store.checkReady()
            #expect(try await store.record(event(9)) == .recorded)
        }
    }

    @Test func `events over the queue's bytes are refused as busy`() async throws {
        let large = try event(0, size: 600)
        try await withSQLiteStore(limits: .init(maxWaitingBytes: 2 * large.count)) { store in
            let gate = WriterGate(store)
            try await withThrowingTaskGroup(of: RecordOutcome.self) { group in
                for number in 1...2 { group.addTask { try await store.record(event(number, size: 600)) } }
                // The queue accepts an event without a body until both large ones are in it.
                while store.eventWriter.hasRoom(forBytes: 1), !Task.isCancelled { await Task.yield() }
                await #expect(throws: StoreError(.busy, while: "accepting an event")) {
                    try await store.record(event(3))
                }
                gate.open()
                try await group.waitForAll()
            }
            #expect(try await store.record(event(3)) == .recorded)
        }
    }

    @Test func `closing refuses what comes and records what waits`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.path, limits: .init(maxWaiting: 20))
            let gate = WriterGate(store)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let outcome = try await store.record(event(number))
                        #expect(outcome == .recorded)
                    }
                }
                await store.untilRefusing(.busy)
                group.addTask { await store.close() }
                await store.untilRefusing(.closed)
                await #expect(throws: StoreError(.closed, while: "accepting an event")) {
                    try await store.record(event(99))
                }
                gate.open()
                try await group.waitForAll()
            }
            let again = try SQLiteStore(path: place.path)
            #expect(try await again.entries(EventQuery(limit: 100))?.elements.count == 20)
            await again.close()
        }
    }

    @Test func `closing waits for running reads and writes, and refuses new ones`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.path, limits: .init(maxWaiting: 1))
            for number in 0..<50 { try await store.record(event(number)) }
            let outcomes = await withTaskGroup(of: StoreError.Code?.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do throws(StoreError) {
                            if number.isMultiple(of: 2) {
                                _ = try await store.entries(EventQuery(limit: 100))
                            } else {
                                _ = try await store.reprojectAll()
                            }
                            return nil
                        } catch {
                            return error.code
                        }
                    }
                }
                group.addTask {
                    await store.close()
                    return nil
                }
                return await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(outcomes.isSubset(of: [nil, .closed, .busy]))
            await #expect(throws: StoreError(.closed, while: "listing events")) {
                _ = try await store.entries(EventQuery())
            }
        }
    }

    @Test func `an event that the database refuses does not take its neighbours with it`() async throws {
        try await withSQLiteStore(limits: .init(maxWaiting: 5)) { store in
            try await store.writer.writeWithoutTransaction { db in
                try db.execute(
                    sql: """
                        CREATE TEMP TRIGGER refusal BEFORE INSERT ON events WHEN NEW.id = 'evt_2'
                        BEGIN SELECT RAISE(ABORT, 'the secret value of evt_2'); END
                        """
                )
            }
            let gate = WriterGate(store)
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<5 {
                    group.addTask {
                        if number == 2 {
                            let error = await #expect(throws: StoreError.self) {
                                try await store.record(event(number))
                            }
                            #expect(error?.code == .constraint)
                            #expect(error?.description.contains("secret") == false)
                        } else {
                            await #expect(throws: Never.self) { try await store.record(event(number)) }
                        }
                    }
                }
                await store.untilRefusing(.busy)
                gate.open()
            }
            let stored = try await store.entries(EventQuery())?.elements.map(\.id).sorted()
            #expect(stored == ["evt_0", "evt_1", "evt_3", "evt_4"])
        }
    }

    @Test func `reads continue while the writer is busy, and see committed data`() async throws {
        try await withSQLiteStore(limits: .init(maxWaiting: 1)) { store in
            try await store.record(MadeUp.event("evt_c", "charge.succeeded", MadeUp.charge("ch_1")))
            let gate = WriterGate(store)
            async let waiting = store.record(event(1))
            await store.untilRefusing(.busy)
            // Each of the readers.
            for _ in store.readers.connections {
                #expect(try await store.allRows().map(\.id) == ["ch_1"])
                #expect(try await store.entry(id: "evt_1") == nil)
            }
            gate.open()
            #expect(try await waiting == .recorded)
            for _ in store.readers.connections { #expect(try await store.entry(id: "evt_1") != nil) }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a read waits for no slow read while a connection is idle`() async throws {
        try await withSQLiteStore { store in
            let gate = DispatchSemaphore(value: 0)
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in store.readers.connections.dropFirst() {
                    group.addTask {
                        try await store.read("reading slowly") { _ in
                            begin.yield()
                            gate.wait()
                        }
                    }
                }
                for await _ in begun.prefix(store.readers.connections.count - 1) {}
                for _ in 0..<12 { #expect(try await store.allRows().isEmpty) }
                for _ in store.readers.connections.dropFirst() { gate.signal() }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a full disk refuses the event, keeps stored ones, and ends when there is space`()
        async throws
    {
        try await withSQLiteStore { store in
            try await store.record(event(1))
            try await store.writer.writeWithoutTransaction { db in
                let pages = try #require(try Int.fetchOne(db, sql: "PRAGMA page_count"))
                try db.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
            for _ in 0..<2 {
                await #expect(throws: StoreError(.full, while: "recording events")) {
                    try await store.record(event(2, size: 1 << 20))
                }
            }
            #expect(try await store.entry(id: "evt_2") == nil)
            #expect(try await store.entry(id: "evt_1") != nil)

            try await store.writer.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA max_page_count = 100000")
            }
            #expect(try await store.record(event(2, size: 1 << 20)) == .recorded)
            #expect(try await store.entry(id: "evt_2") != nil)
        }
    }

    @Test func `a full disk refuses derived rows together with their event`() async throws {
        try await withSQLiteStore { store in
            // There is space for the event and the snapshot, which are compressed, and not for the row.
            let body = try MadeUp.event(
                "evt_1",
                "charge.succeeded",
                MadeUp.charge("ch_1", ["description": String(repeating: "x", count: 1 << 20)])
            )
            try await store.writer.writeWithoutTransaction { db in
                let pages = try #require(try Int.fetchOne(db, sql: "PRAGMA page_count"))
                try db.execute(sql: "PRAGMA max_page_count = \(pages + 32)")
            }
            await #expect(throws: StoreError(.full, while: "recording events")) {
                try await store.record(body)
            }
            #expect(try await store.entry(id: "evt_1") == nil)
            #expect(try await store.allRows().isEmpty)
        }
    }

    @Test func `after a failed write or sync nothing more is written, and the process is notified once`()
        async throws
    {
        let told = Mutex<[StoreError]>([])
        try await withSQLiteStore(onFailure: { error in told.withLock { $0.append(error) } }) { store in
            try await store.record(MadeUp.event("evt_c", "charge.succeeded", MadeUp.charge("ch_1")))
            let failure = StoreError(.inputOutput, while: "recording events")
            store.eventWriter.stopIfNeeded(after: failure)
            store.eventWriter.stopIfNeeded(after: StoreError(.corrupt, while: "recording events"))
            let job = Job(only: .retention, now: Instant(unixSeconds: MadeUp.start))
            await #expect(throws: failure) { try await store.record(event(1)) }
            await #expect(throws: failure) { try await store.checkReady() }
            await #expect(throws: failure) { try await store.add(job) }
            await #expect(throws: failure) { try await store.reprojectAll() }
            #expect(try await store.allRows().map(\.id) == ["ch_1"])
        }
        #expect(told.withLock { $0 } == [StoreError(.inputOutput, while: "recording events")])
    }

    @Test(arguments: ["", "-wal"], [true, false])
    func `a write to a removed database is not acknowledged, and the process is notified`(
        suffix: String,
        isReplaced: Bool
    ) async throws {
        let told = Mutex<[StoreError.Code]>([])
        try await withSQLiteStore(onFailure: { error in told.withLock { $0.append(error.code) } }) { store in
            try await store.record(event(1))
            try FileManager.default.moveItem(atPath: store.path + suffix, toPath: store.path + ".away")
            if isReplaced {
                try FileManager.default.copyItem(atPath: store.path + ".away", toPath: store.path + suffix)
            }
            let moved = StoreError(.moved, while: "looking for the database's files")
            await #expect(throws: moved) { try await store.record(event(2)) }
            await #expect(throws: moved) { try await store.checkReady() }
        }
        #expect(told.withLock { $0 } == [.moved])
    }

    @Test(arguments: [.busy, .full, .constraint, .other, .readOnly] as [StoreError.Code])
    func `what may go through the next time does not stop the process`(code: StoreError.Code) async throws {
        let told = Mutex(0)
        try await withSQLiteStore(onFailure: { _ in told.withLock { $0 += 1 } }) { store in
            store.eventWriter.stopIfNeeded(after: StoreError(code, while: "recording events"))
            let outcome = try await store.record(event(1))
            #expect(outcome == .recorded)
        }
        #expect(told.withLock { $0 } == 0)
    }

    @Test(
        arguments: [
            (.SQLITE_BUSY, .busy), (.SQLITE_LOCKED, .busy), (.SQLITE_FULL, .full),
            (.SQLITE_IOERR, .inputOutput),
            (.SQLITE_IOERR_FSYNC, .inputOutput), (.SQLITE_IOERR_WRITE, .inputOutput),
            (.SQLITE_READONLY, .readOnly), (.SQLITE_READONLY_DBMOVED, .readOnly),
            (.SQLITE_CONSTRAINT_UNIQUE, .constraint), (.SQLITE_CORRUPT_VTAB, .corrupt),
            (.SQLITE_NOTADB, .corrupt), (.SQLITE_CANTOPEN, .other), (.SQLITE_IOERR_GETTEMPPATH, .other),
            (.SQLITE_MISUSE, .other),
            (.SQLITE_ERROR, .other), (.SQLITE_NOMEM, .other),
        ] as [(ResultCode, StoreError.Code)]
    )
    func `SQLite's errors keep their meaning and lose their text`(result: ResultCode, code: StoreError.Code) {
        let error = DatabaseError(
            resultCode: result,
            message: "a secret",
            sql: "SELECT a secret",
            arguments: ["a secret"]
        )
        let found = StoreError(error, while: "testing")
        #expect(found == StoreError(code, while: "testing"))
        #expect(found.description == "store: \(code.rawValue) while testing")
    }
}

extension EventWriter {
    /// Whether an event of that size would be taken now.
    func hasRoom(forBytes bytes: Int) -> Bool {
        (try? batches.checkCapacity(adding: bytes)) != nil
    }
}

/// Counts the database transactions that changed anything.
private final class CommitCounter: TransactionObserver, Sendable {
    private let count = Atomic<Int>(0)

    var commits: Int { count.load(ordering: .relaxed) }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { count.wrappingAdd(1, ordering: .relaxed) }
    func databaseDidRollback(_ db: Database) {}
}
