import Billing
package import Storage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A folder of JSONL files, one per day of receipt, to which event bodies go before the database deletes
/// them.
///
/// Data is on disk when `append` returns. If the process is killed before the database records it, the same
/// bodies are appended again: a line may occur twice, but is never missing.
package struct EventArchive: Sendable, Equatable {
    /// Why archiving failed; safe to log.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String

        init(_ place: String, _ code: Int32) {
            let why = String(cString: strerror(code))
            description =
                switch code {
                case ENOENT: "the folder of EVENT_ARCHIVE, \(place), does not exist"
                case EWOULDBLOCK: "another process is writing \(place)"
                default: "\(place) cannot be written: \(why)"
                }
        }
    }

    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// The name of an event's file, by the day of its receipt in UTC: `events-2025-06-30.jsonl`.
    static func fileName(of event: StoredEvent) -> String {
        "events-\(CalendarDate(event.entry.receivedAt).text).jsonl"
    }

    /// Appends events to the files of the days on which they were received.
    ///
    /// - Throws: ``Fault``; some of the events may have been written then.
    package func append(_ events: [StoredEvent]) throws(Fault) {
        let files = Dictionary(grouping: events, by: Self.fileName)
        for (name, events) in files.sorted(by: { $0.key < $1.key }) {
            try append(events.compactMap(ArchivedEvent.line).flatMap(\.self), to: folder + "/" + name)
        }
    }

    private func append(_ lines: [UInt8], to path: String) throws(Fault) {
        let file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Fault(errno == ENOENT ? folder : path, errno) }
        defer { close(file) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else { throw Fault(path, errno) }
        let end = try Self.cutTornLine(file, path)
        do throws(Fault) {
            try Self.writeAll(lines, file, path)
            guard fsync(file) == 0 else { throw Fault(path, errno) }
        } catch {
            // Remove the half-written line: a reader may open the file before the next append.
            ftruncate(file, end)
            throw error
        }
        // A new file can vanish in a power failure until its folder is synced. This is done every time,
        // because the process that created the file may have been killed before its sync.
        try syncFolder()
    }

    /// Removes an incomplete last line, left by a crash.
    ///
    /// The database still has that body.
    ///
    /// - Returns: The file's new length in bytes.
    private static func cutTornLine(_ file: Int32, _ path: String) throws(Fault) -> off_t {
        var end = lseek(file, 0, SEEK_END)
        guard end >= 0 else { throw Fault(path, errno) }
        let whole = end
        var block = [UInt8](repeating: 0, count: 65_536)
        search: while end > 0 {
            let count = min(end, off_t(block.count))
            guard pread(file, &block, Int(count), end - count) == Int(count) else { throw Fault(path, errno) }
            for index in (0..<Int(count)).reversed() {
                if block[index] == UInt8(ascii: "\n") { break search }
                end -= 1
            }
        }
        if end < whole, ftruncate(file, end) != 0 { throw Fault(path, errno) }
        return end
    }

    static func writeAll(_ bytes: [UInt8], _ file: Int32, _ path: String) throws(Fault) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Fault(path, count == 0 ? ENOSPC : errno) }
            written += count
        }
    }

    func syncFolder() throws(Fault) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Fault(folder, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Fault(folder, errno) }
    }

    /// Checks whether the folder exists and files can be made in it; writes nothing.
    package func examine() throws(Fault) {
        try syncFolder()
        guard access(folder, W_OK | X_OK) == 0 else { throw Fault(folder, errno) }
    }
}
