import Billing
import Foundation
import Storage

/// Begins a run, shows its progress, and asks the user for confirmation if it pauses.
struct JobFollower {
    let client: any JobClient
    let kind: Job.Kind
    let parameters: [String: String]

    private static let interval = Duration.milliseconds(300)
    /// How long the service may be unavailable, for example during a restart.
    private static let patience = Duration.seconds(30)

    /// - Returns: The run in its final state.
    func run() async throws -> ServedJob {
        let ended = try await follow(client.begin(kind, parameters))
        guard ended.state == Job.State.paused.rawValue, parameters["max_requests"] != "any",
            Terminal.Stream.error.isTerminal, isatty(STDIN_FILENO) == 1
        else { return ended }
        Terminal.write("\(printable(ended.reason ?? "")) Go on? [y/N] ", to: .error)
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else { return ended }
        var parameters = parameters
        parameters["max_requests"] = "any"
        return try await follow(client.begin(kind, parameters))
    }

    private func follow(_ begun: ServedJob) async throws -> ServedJob {
        var line = ProgressLine(begun, startedAt: .now)
        var run = begun
        var lastAnswer = ContinuousClock.now
        var hasToldEstimate = false
        while Job.State(rawValue: run.state)?.isUnderWay == true {
            if !hasToldEstimate, run.hasEstimate {
                hasToldEstimate = true
                line.clear()
                Terminal.line(
                    "\(printable(run.id)): about \(run.estimatedRequests) requests to Stripe.",
                    to: .error
                )
            }
            line.show(run, now: .now)
            try await Task.sleep(for: Self.interval)
            do throws(CommandFailure) {
                run = try await client.show(kind, id: begun.id)
                lastAnswer = .now
            } catch {
                guard error.code == Sysexits.unavailable, lastAnswer.duration(to: .now) < Self.patience else {
                    line.clear()
                    throw CommandFailure(
                        Sysexits.tryAgain,
                        "\(error.message) The same command continues from there."
                    )
                }
            }
        }
        line.clear()
        return run
    }
}
