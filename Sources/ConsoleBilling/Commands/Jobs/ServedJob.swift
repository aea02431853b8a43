import ArgumentParser
import Billing
import JSON
import Storage

/// A job as the service answers it.
struct ServedJob: JSONDecodable, Sendable {
    let id: String
    let kind: String
    let state: String
    let about: String?
    let attempts: Int
    let dueAt: Instant?
    let reason: String?
    /// The JSON as the service wrote it.
    let json: String

    // Only a backfill or reconciliation that is asked for by its own route has these.
    let failure: String?
    let requests: Int
    let estimatedRequests: Int
    let listed: Int
    let recorded: Int
    let known: Int
    let quarantined: Int
    let problems: [String]
    /// Whether each list has been looked at, so that the number of requests can be estimated.
    let hasEstimate: Bool
    let comparison: Comparison?

    init(_ json: JSONValue) throws(JSONFieldError) {
        func count(_ name: StaticString) throws(JSONFieldError) -> Int { try json.decodeIfPresent(name) ?? 0 }
        id = try json.decode("id")
        kind = try json.decode("kind")
        state = try json.decode("state")
        about = try json.decodeIfPresent("about")
        attempts = try json.decode("attempts")
        dueAt = try json.decodeIfPresent("due_at")
        reason = try json.decodeIfPresent("reason")
        self.json = json.spelling
        failure = try json.decodeIfPresent("failure")
        requests = try count("requests")
        estimatedRequests = try count("estimated_requests")
        listed = try count("listed")
        recorded = try count("recorded")
        known = try count("duplicates") + count("unchanged")
        quarantined = try count("quarantined")
        problems = try json.decodeIfPresent("problems") ?? []
        let lists = json["lists"]?.elements?.map { $0.string("state") } ?? []
        hasEstimate = !lists.isEmpty && !lists.contains(ListProgress.State.waiting.rawValue)
        comparison = try json.decodeIfPresent("comparison")
    }

    /// The exit code of the command that began the job.
    var exitCode: ExitCode {
        switch (Job.State(rawValue: state), failure) {
        case (.completed?, _):
            problems.isEmpty && (comparison?.remaining ?? 0) == 0 ? .success : Sysexits.partlyFailed
        case (.paused?, _): Sysexits.usage
        case (_, JobProgress.Failure.keyRefused.rawValue?): Sysexits.configuration
        default: Sysexits.tryAgain
        }
    }

    /// Why the job did not complete, and its problems.
    var complaints: [String] {
        (state == Job.State.completed.rawValue ? [] : [reason].compactMap(\.self)) + problems
    }
}
