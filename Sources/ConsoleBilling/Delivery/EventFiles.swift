import Foundation

/// Reads event bodies from files, folders and standard input, in the order in which they are sent.
struct EventFiles {
    private(set) var events: [EventBody] = []
    /// Files of a folder that contain JSON but no event.
    private(set) var skipped: [String] = []

    /// - Throws: ``CommandFailure`` that names the file and the line that cannot be read.
    init(_ paths: [String]) throws(CommandFailure) {
        for path in paths {
            if path == "-" {
                try addText(Array(FileHandle.standardInput.readDataToEndOfFile()), named: "standard input")
            } else {
                try add(path)
            }
        }
    }

    /// Says which files were skipped; `nil` if none.
    var skippedRemark: String? {
        guard !skipped.isEmpty else { return nil }
        let more = skipped.count > 3 ? " and \(skipped.count - 3) more" : ""
        return "No events, so not sent: \(skipped.prefix(3).joined(separator: ", "))\(more)"
    }

    private mutating func add(_ path: String) throws(CommandFailure) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CommandFailure(Sysexits.badData, "\(path): there is no such file or folder.")
        }
        guard isFolder.boolValue else { return try addFile(path, isNamed: true) }

        guard let names = try? FileManager.default.subpathsOfDirectory(atPath: path) else {
            throw CommandFailure(Sysexits.badData, "\(path): the folder cannot be read.")
        }
        let folder = path.hasSuffix("/") ? path : path + "/"
        for name in names.sorted() where name.hasSuffix(".json") || name.hasSuffix(".jsonl") {
            try addFile(folder + name, isNamed: false)
        }
    }

    private mutating func addFile(_ path: String, isNamed: Bool) throws(CommandFailure) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(Sysexits.badData, "\(path): the file cannot be read.")
        }
        let bytes = Array(data)
        if path.hasSuffix(".jsonl") {
            try addLines(bytes, named: path)
        } else if path.hasSuffix(".json") {
            do {
                events.append(try EventBody(bytes))
            } catch .notAnEvent where !isNamed {
                skipped.append(path)
            } catch {
                throw CommandFailure(Sysexits.badData, "\(path): \(Self.complaint(error))")
            }
        } else {
            try addText(bytes, named: path)
        }
    }

    /// Adds text that may be one event or one event per line.
    private mutating func addText(_ bytes: [UInt8], named name: String) throws(CommandFailure) {
        if let event = try? EventBody(bytes) {
            events.append(event)
        } else {
            try addLines(bytes, named: name)
        }
    }

    private mutating func addLines(_ bytes: [UInt8], named name: String) throws(CommandFailure) {
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let body = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard !body.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
            do {
                events.append(try EventBody(Array(body)))
            } catch {
                throw CommandFailure(Sysexits.badData, "\(name):\(number): \(Self.complaint(error))")
            }
        }
    }

    private static func complaint(_ fault: EventBody.Fault) -> String {
        switch fault {
        case .notJSON: "this is not JSON."
        case .notAnEvent: "this is JSON, but no event: it has no id and type."
        }
    }
}
