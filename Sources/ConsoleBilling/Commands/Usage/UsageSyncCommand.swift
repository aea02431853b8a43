import ArgumentParser
import Billing
import Storage
import Web

/// `console-billing usage sync`: asks the running service to read the chain's leases and days.
struct UsageSyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Read leases and days from Console's indexer or an Akash node.",
        discussion: """
            The running service does the work, as it does by itself every USAGE_SYNC_INTERVAL seconds: it reads from \
            USAGE_INDEXER_URL, or else, without days, from AKASH_NODE_URL. Closed leases and final days are not \
            read again, unless --full. Killed at any point, it goes on from there.

            EXAMPLES
              console-billing usage sync
              console-billing usage sync --full --format json

            EXIT CODES
              0 done, 1 final days were contradicted, leases set aside or missing, 65 the source sent invalid data, 75 it does not answer, 78 the \
            source or the configuration must be corrected
            """
    )

    @Flag(help: "Read everything again, including closed leases and final days.")
    var full = false

    @Flag(help: "Only show the result of the last sync.")
    var last = false

    @OptionGroup var service: ServiceConnectionOptions
    @OptionGroup var output: OutputOptions

    private static let path = "/v1/usage/syncs"
    private static let interval = Duration.milliseconds(300)

    func validate() throws {
        if full, last {
            throw ValidationError("--last asks for nothing, so that --full does not go with it.")
        }
    }

    func run() async throws {
        let sync = try await service.connected { server in
            if last { return try await show("latest", server) }
            let begun = try decoded(
                UsageSyncResponse.self,
                from: try await server.post("\(Self.path)?full=\(full)")
            )
            return try await follow(begun, server)
        }
        report(sync)
        if sync.exitCode != .success { throw sync.exitCode }
    }

    private func show(_ id: String, _ server: ServerConnection) async throws -> UsageSyncResponse {
        try decoded(
            UsageSyncResponse.self,
            from: try await server.get("\(Self.path)/\(PercentEncoding.encoded(id))")
        )
    }

    private func follow(
        _ begun: UsageSyncResponse,
        _ server: ServerConnection
    ) async throws -> UsageSyncResponse {
        let isShown = Terminal.Stream.error.isTerminal
        defer { if isShown { Terminal.write("\r\u{1B}[2K", to: .error) } }
        var sync = begun
        // If the next pass has begun, the requested one is complete.
        while Job.State(rawValue: sync.state)?.isUnderWay == true, sync.pass == begun.pass {
            if isShown {
                let line = "\(sync.leases) leases read, \(sync.leases_changed) changed; \(sync.days) days"
                Terminal.write("\r\u{1B}[2K\(line)", to: .error)
            }
            try await Task.sleep(for: Self.interval)
            sync = try await show(begun.id, server)
        }
        return sync
    }

    private func report(_ sync: UsageSyncResponse) {
        if let reason = sync.reason { Terminal.line(printable(reason), to: .error) }
        guard output.chosen == .human else {
            return Terminal.line(String(decoding: sync.json, as: UTF8.self))
        }
        Terminal.line(sync.line)
        if let note = sync.note { Terminal.line(printable(note), to: .error) }
    }
}

extension UsageSyncResponse {
    /// The result in one line.
    var line: String {
        var line =
            "\(printable(id)) \(printable(state)), pass \(pass): \(leases) leases read, \(leases_changed) changed; "
            + "\(days) days read, \(days_changed) changed."
        if let indexed_height { line += " Height \(printable(indexed_height))" }
        if let lag_seconds { line += ", \(lag_seconds) s ago" }
        if let indexed_to { line += "; days to \(printable(indexed_to))" }
        if indexed_height != nil || indexed_to != nil { line += "." }
        if contradictions > 0 {
            line +=
                " \(contradictions) final days differ at the source, and stay as they were; the service's log "
                + "names the first of them."
        }
        if set_aside > 0 {
            let first = set_aside_leases.map { "\(printable($0.lease)): \(printable($0.fault))" }
            line +=
                " \(set_aside) leases cannot be read and were set aside: \(first.joined(separator: "; "))."
        }
        if missing > 0 {
            let kept = missing - vanished
            line += " The source no longer has \(missing) open leases: \(vanished) were closed"
            line += kept > 0 ? ", and \(kept) stay open, since it lacks more than it has." : "."
        }
        return line
    }

    /// The exit code of the command that began the pass.
    var exitCode: ExitCode {
        switch (state, failure.flatMap(UsageSyncProgress.Failure.init)) {
        case (Job.State.failed.rawValue, .unreadable?): Sysexits.badData
        case (Job.State.failed.rawValue, .sourceRefused?): Sysexits.configuration
        case (Job.State.failed.rawValue, _): Sysexits.tryAgain
        default: contradictions + set_aside + missing > 0 ? Sysexits.partlyFailed : .success
        }
    }
}
