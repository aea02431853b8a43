import ArgumentParser
import Foundation
import PostgresClient
import PostgresStorage
import SQLiteStorage
import Storage
import Scenarios

/// `console-billing migrate-store`: copies the SQLite database into PostgreSQL.
struct MigrateStoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate-store",
        abstract: "Move all data from the SQLite database to PostgreSQL. Stop the service first.",
        discussion: """
            Every row is copied, then compared. After an interruption the same command continues where it stopped, and no service \
            starts on the new database before it is done. The old database is left as it is.

            EXAMPLES
              console-billing migrate-store --from sqlite:data/console-billing.sqlite --to postgres://…/billing
            """
    )

    @Option(help: "sqlite:PATH, of a service that is stopped.")
    var from: String

    @Option(
        help: "postgres://USER:PASSWORD@HOST:PORT/NAME, of an empty database; better given as DATABASE_URL."
    )
    var to: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        ProcessHardening.apply()
        guard
            case .sqlite(let path) = try DatabaseLocation.named(
                "--from",
                from,
                taking: "sqlite:PATH",
                Sysexits.usage
            )
        else {
            throw CommandFailure(Sysexits.usage, "--from takes sqlite:PATH.")
        }
        let target = to ?? ProcessInfo.processInfo.environment[Setting.databaseURL.rawValue] ?? ""
        guard
            case .postgres(let url) = try DatabaseLocation.named(
                "--to",
                target,
                taking: PostgresURL.form,
                Sysexits.usage
            )
        else {
            throw CommandFailure(Sysexits.usage, "--to takes \(PostgresURL.form).")
        }
        guard !url.leavesEncryptionOpen() else {
            throw CommandFailure(Sysexits.usage, "--to \(PostgresURL.encryptionIsOpen)")
        }
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(Sysexits.usage, "There is no database at \(path).")
        }
        do {
            report(try await move(path, to: url), to: url)
        } catch {
            throw failure(error)
        }
    }

    private func move(_ path: String, to url: PostgresURL) async throws -> [String: Int] {
        let source: SQLiteStore
        do {
            source = try SQLiteStore(path: path)
        } catch {
            throw CommandFailure(Sysexits.unavailable, "\(error)")
        }
        return try await ending({ await source.close() }) {
            var total = 0
            for table in StoreTable.all { total += try await source.count(of: table) }
            // Each row is copied, then compared.
            let bar = ProgressBar(total: 2 * total)
            let name = URL(filePath: path).standardizedFileURL.path
            let counts = try await PostgresMove(from: source, named: name, to: url).run { step in
                switch step {
                case .moved(let rows), .compared(let rows): bar.advance(by: rows)
                }
            }
            bar.clear()
            return counts
        }
    }

    private func failure(_ error: any Error) -> CommandFailure {
        switch error {
        case let failure as CommandFailure: return failure
        case let fault as PostgresMove.Fault:
            if case .differs = fault { return CommandFailure(Sysexits.partlyFailed, "\(fault)") }
            return CommandFailure(Sysexits.usage, "\(fault)")
        case let error as StoreError where error.code == .connectionLost || error.code == .busy:
            return CommandFailure(
                Sysexits.tryAgain,
                "\(error). Run the same command again: it continues where it stopped."
            )
        default: return CommandFailure(Sysexits.unavailable, "\(error)")
        }
    }

    private func report(_ counts: [String: Int], to url: PostgresURL) {
        let tables = StoreTable.all.map(\.name)
        switch output.chosen {
        case .human:
            let rows = tables.map { "\(counts[$0] ?? 0) \($0.replacing("_", with: " "))" }.joined(
                separator: ", "
            )
            Terminal.line("\(url): \(rows); every row compared. Serve from it with DATABASE_URL.")
        case .json:
            let rows = tables.map { OrderedJSON.Member($0, .integer(Int64(counts[$0] ?? 0))) }
            Terminal.line(OrderedJSON.object(rows).compact)
        }
    }
}
