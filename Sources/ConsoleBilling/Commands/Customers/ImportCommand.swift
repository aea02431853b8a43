import ArgumentParser
import Billing
import Storage
import Web

/// `console-billing import`: takes over what another system knows.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take over what Console's own database knows.",
        discussion: """
            EXAMPLES
              console-billing import console --dry-run
            """,
        subcommands: [ImportConsoleCommand.self]
    )
}

/// `console-billing import console`: asks the running service to read Console's database.
struct ImportConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Read users, wallets, bonuses, coupons and manual credits from Console's database.",
        discussion: """
            The running service does the work, as it does by itself every CONSOLE_SYNC_INTERVAL seconds: it reads \
            CONSOLE_DATABASE_URL and writes nothing there. Users and wallets are added to those that are known. Money that \
            was given becomes credits. What differs from Stripe is reported, and Stripe is believed. The same import again \
            changes nothing. Killed at any point, it goes on from there.

            EXAMPLES
              console-billing import console --dry-run
              console-billing import console --format json

            EXIT CODES
              0 done, 1 Console and Stripe differ, 75 the service has no database of Console's, or that does not let it in \
            or does not answer, 78 the database lacks what is read, or may not be read
            """
    )

    @Flag(help: "Only count what would change.")
    var dryRun = false

    @OptionGroup var service: ServiceConnectionOptions
    @OptionGroup var output: OutputOptions

    private static let path = "/v1/console_imports"
    private static let interval = Duration.milliseconds(300)

    func run() async throws {
        let done = try await service.connected { server in
            var seen = try decoded(
                ConsoleImportResponse.self,
                from: try await server.post("\(Self.path)?dry_run=\(dryRun)")
            )
            let pass = seen.pass
            // If the next pass has begun, the requested one is complete.
            while Job.State(rawValue: seen.state)?.isUnderWay == true, seen.pass == pass {
                try await Task.sleep(for: Self.interval)
                let path = "\(Self.path)/\(PercentEncoding.encoded(seen.id))"
                seen = try decoded(ConsoleImportResponse.self, from: try await server.get(path))
            }
            return seen
        }
        if let reason = done.reason { Terminal.line(printable(reason), to: .error) }
        if output.chosen == .human {
            if done.reason == nil { Terminal.line(done.line) }
            for problem in done.firstProblems { Terminal.line(printable(problem), to: .error) }
            if done.problems > done.firstProblems.count {
                Terminal.line("and \(done.problems - done.firstProblems.count) more.", to: .error)
            }
        } else {
            Terminal.line(String(decoding: done.json, as: UTF8.self))
        }
        if done.exitCode != .success { throw done.exitCode }
    }
}

extension ConsoleImportResponse {
    /// The result in one line.
    fileprivate var line: String {
        let verb = isDryRun ? "would be " : ""
        return "\(customers) customers read, \(linked) \(verb)linked, \(wallets) wallets \(verb)added; "
            + "\(payments) transactions read, \(credits) credits \(verb)given; \(problems) differences."
    }

    /// The exit code of the command that began the pass.
    fileprivate var exitCode: ExitCode {
        guard state == Job.State.failed.rawValue else {
            return problems > 0 ? Sysexits.partlyFailed : .success
        }
        return reason?.contains("CONSOLE_DATABASE_URL") == true ? Sysexits.configuration : Sysexits.tryAgain
    }
}
