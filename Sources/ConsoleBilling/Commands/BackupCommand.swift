import ArgumentParser
import Foundation
import HTTPClient
import SQLiteStorage
import Scenarios
import StripeAPI
import Synchronization

/// `console-billing backup`: copies the embedded database consistently while the service runs.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the running service's database to a file.",
        discussion: """
            The service itself makes the copy and sends it; its database file is never opened from outside. The copy \
            is checked page by page before it gets its name. A database in PostgreSQL is copied with pg_dump instead.

            EXAMPLES
              console-billing backup billing-$(date +%F).sqlite
            """
    )

    @Argument(help: "The file to write; it must not exist.")
    var file: String

    @OptionGroup var service: ServiceConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        umask(0o077)
        guard !FileManager.default.fileExists(atPath: file) else {
            throw CommandFailure(Sysexits.usage, "\(file) exists. Name a new file.")
        }
        let partial = file + ".partial"
        defer { try? FileManager.default.removeItem(atPath: partial) }
        try await service.connected {
            try await $0.download("/v1/backup", to: partial)
        }
        let contents = try examined(partial)
        try FileManager.default.moveItem(atPath: partial, toPath: file)
        report(contents)
    }

    private func examined(_ path: String) throws(CommandFailure) -> SQLiteBackup.Contents {
        do {
            return try SQLiteBackup(path: path).examine()
        } catch {
            throw CommandFailure(Sysexits.unavailable, "The copy did not arrive whole: \(error)")
        }
    }

    private func report(_ contents: SQLiteBackup.Contents) {
        switch output.chosen {
        case .human:
            Terminal.line(
                "\(file): \(contents.events) events, \(contents.transactions) transactions, \(contents.bytes) bytes."
            )
        case .json:
            let json: OrderedJSON = [
                "events": .integer(Int64(contents.events)),
                "transactions": .integer(Int64(contents.transactions)),
                "bytes": .integer(Int64(contents.bytes)),
            ]
            Terminal.line(json.compact)
        }
    }
}

extension ServerConnection {
    /// Streams the response's body to a file.
    func download(_ path: String, to file: String) async throws(CommandFailure) {
        guard
            FileManager.default.createFile(
                atPath: file,
                contents: nil,
                attributes: [.posixPermissions: 0o600]
            ),
            let handle = FileHandle(forWritingAtPath: file)
        else { throw CommandFailure(Sysexits.usage, "\(file) cannot be written.") }
        let writer = Mutex(handle)
        var request = TransportRequest(.get, url: base.appending(path).description)
        request.limits = TransportLimits(totalTimeout: .seconds(3600), maxBodyBytes: .max)
        request.sink = { bytes in
            writer.withLock { handle in (try? handle.write(contentsOf: Data(bytes))) != nil }
        }
        _ = try await send(request)
        do {
            try writer.withLock { handle in
                try handle.synchronize()
                try handle.close()
            }
        } catch {
            throw CommandFailure(Sysexits.unavailable, "\(file) cannot be written: is the disk full?")
        }
    }
}
