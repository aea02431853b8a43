package import Storage

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension EventArchive: ErasableArchive {
    /// - Throws: ``Fault``.
    package func files(
        erasing: Bool,
        where isChosen: (ArchivedEvent) -> Bool
    ) throws -> [String] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw Fault(folder, ENOENT)
        }
        var chosen: [String] = []
        for name in names.sorted() where name.hasPrefix("events-") && name.hasSuffix(".jsonl") {
            if try sift(name, erasing: erasing, isChosen) { chosen.append(name) }
        }
        return chosen
    }

    /// - Returns: Whether the file has a chosen body.
    private func sift(
        _ name: String,
        erasing: Bool,
        _ isChosen: (ArchivedEvent) -> Bool
    ) throws(Fault) -> Bool {
        let path = folder + "/" + name
        let file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw Fault(path, errno) }
        defer { close(file) }
        // The lock stops the retention worker from appending to a file that is about to be replaced.
        if erasing, flock(file, LOCK_EX | LOCK_NB) != 0 { throw Fault(path, errno) }
        guard let text = FileManager.default.contents(atPath: path) else { throw Fault(path, EIO) }
        var kept = Data()
        var isFound = false
        for line in text.split(separator: UInt8(ascii: "\n")) {
            if let body = ArchivedEvent(Array(line)), isChosen(body) {
                isFound = true
                if !erasing { return true }
            } else {
                kept += line + [UInt8(ascii: "\n")]
            }
        }
        if isFound { try replace(path, with: Array(kept)) }
        return isFound
    }

    private func replace(_ path: String, with bytes: [UInt8]) throws(Fault) {
        // The suffix keeps the unfinished file out of archive listings and replays.
        let next = path + ".erasing"
        let file = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Fault(next, errno) }
        defer { close(file) }
        do throws(Fault) {
            try Self.writeAll(bytes, file, next)
            guard fsync(file) == 0, rename(next, path) == 0 else { throw Fault(next, errno) }
        } catch {
            unlink(next)
            throw error
        }
        try syncFolder()
    }
}
