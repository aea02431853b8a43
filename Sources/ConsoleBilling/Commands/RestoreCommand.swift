import ArgumentParser
import Foundation
import SQLiteStorage

/// `console-billing restore`: replaces the embedded database by a backup.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Replace the database by a backup. Stop the service first.",
        discussion: """
            A database that a service holds is refused. One that is there already is moved aside, never deleted, and \
            only with --replace.

            EXAMPLES
              console-billing restore billing-2026-11-23.sqlite --verify
            """
    )

    @Argument(help: "The backup.")
    var file: String

    @Option(help: "sqlite:PATH (DATABASE_URL).")
    var databaseURL: String?

    @Flag(help: "Compare every row with the backup afterwards.")
    var verify = false

    @Flag(help: "Move a database that is there to PATH.replaced, or PATH.replaced-2 and so on.")
    var replace = false

    func run() async throws {
        umask(0o077)
        let target = try databasePath()
        let backup = SQLiteBackup(path: file)
        do {
            try backup.restore(to: target, replaces: replace)
            if verify { try backup.verify(against: target) }
        } catch let fault as SQLiteBackup.Fault {
            throw CommandFailure(fault.exitCode, "\(fault)")
        } catch let error as DatabaseLockError {
            throw CommandFailure(Sysexits.unavailable, "\(error)")
        } catch {
            throw CommandFailure(
                Sysexits.unavailable,
                "\(target) cannot be written. Is its folder there, and the disk not full?"
            )
        }
        let contents = try backup.examine()
        Terminal.line(
            "\(target): \(contents.events) events, \(contents.transactions) transactions"
                + (verify ? ", every row compared." : ".")
        )
    }

    private func databasePath() throws -> String {
        var flags: [Setting: String] = [:]
        flags[.databaseURL] = databaseURL
        let values = try SettingValues(
            flags: flags,
            environment: ProcessInfo.processInfo.environment,
            configurationFile: nil
        )
        switch try DatabaseLocation.named("DATABASE_URL", values.text(.databaseURL), Sysexits.configuration) {
        case .sqlite(let path): return path
        case .postgres:
            throw CommandFailure(
                Sysexits.usage,
                "DATABASE_URL names a PostgreSQL database. What pg_dump copied, pg_restore puts back."
            )
        }
    }
}

extension SQLiteBackup.Fault {
    fileprivate var exitCode: ExitCode {
        switch self {
        case .missing, .folder, .unreadable, .damaged, .newer: Sysexits.badData
        case .targetExists, .targetFolder, .itself: Sysexits.usage
        case .differs: Sysexits.partlyFailed
        }
    }
}
