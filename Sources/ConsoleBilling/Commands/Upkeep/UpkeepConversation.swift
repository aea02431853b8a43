import ArgumentParser
import Billing
import Foundation
import Storage
import Web

/// Begins a run, shows its progress, and asks the user for confirmation if it pauses.
struct UpkeepConversation {
    let desk: any UpkeepDesk
    let kind: UpkeepRun.Kind
    let parameters: [String: String]

    private static let interval = Duration.milliseconds(300)
    /// How long the service may be unavailable, for example during a restart.
    private static let patience = Duration.seconds(30)

    /// - Returns: The run in its final state.
    func run() async throws -> UpkeepRunResponse {
        let ended = try await follow(desk.begin(kind, parameters))
        guard ended.state == UpkeepRun.State.paused.rawValue, parameters["max_requests"] != "any",
            Terminal.Stream.error.isTerminal, isatty(STDIN_FILENO) == 1
        else { return ended }
        Terminal.write("\(printable(ended.reason ?? "")) Go on? [y/N] ", to: .error)
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else { return ended }
        var parameters = parameters
        parameters["max_requests"] = "any"
        return try await follow(desk.begin(kind, parameters))
    }

    private func follow(_ begun: UpkeepRunResponse) async throws -> UpkeepRunResponse {
        var line = UpkeepLine(begun, startedAt: .now)
        var run = begun
        var lastAnswer = ContinuousClock.now
        var hasToldEstimate = false
        while run.state == UpkeepRun.State.running.rawValue {
            if !hasToldEstimate, !run.lists.isEmpty, !run.lists.contains(where: { $0.state == "waiting" }) {
                hasToldEstimate = true
                line.clear()
                Terminal.line(
                    "\(printable(run.id)): about \(run.estimated_requests) requests to Stripe.",
                    to: .error
                )
            }
            line.show(run, now: .now)
            try await Task.sleep(for: Self.interval)
            do throws(CommandFailure) {
                run = try await desk.show(kind, id: begun.id)
                lastAnswer = .now
            } catch {
                guard error.code == Sysexits.unavailable, lastAnswer.duration(to: .now) < Self.patience else {
                    line.clear()
                    throw CommandFailure(
                        Sysexits.tryAgain,
                        "\(error.message) The same command goes on from where it is."
                    )
                }
            }
        }
        line.clear()
        return run
    }
}

extension UpkeepRunResponse {
    /// The exit code of the command that began the run.
    var exitCode: ExitCode {
        switch (UpkeepRun.State(rawValue: state), failure) {
        case (.completed?, _):
            problems.isEmpty && (comparison?.remaining ?? 0) == 0 ? .success : Sysexits.partlyFailed
        case (.paused?, _): Sysexits.usage
        case (_, UpkeepProgress.Failure.keyRefused.rawValue?): Sysexits.configuration
        default: Sysexits.tryAgain
        }
    }

    /// Why the run did not complete, and its problems.
    var complaints: [String] {
        (state == UpkeepRun.State.completed.rawValue ? [] : [reason].compactMap(\.self)) + problems
    }
}
