import ArgumentParser
import Billing
import Storage

extension Job.Kind: ExpressibleByArgument {}
extension Job.State: ExpressibleByArgument {}

/// `console-billing jobs`: shows, retries and cancels what the service does later.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Show, retry and cancel what is done later: state, attempts, next time, reason.",
        discussion: """
            Jobs fetch missing objects from Stripe, fill gaps, compare, sync usage, look for alerts and send them, and \
            purge old bodies. These commands ask the running service, with a key of scope ops.

            EXAMPLES
              console-billing jobs list --state failed
              console-billing jobs show charge:ch_3RjrdcQT5vkQXp9L
              console-billing jobs retry charge:ch_3RjrdcQT5vkQXp9L
            """,
        subcommands: [ListCommand.self, ShowCommand.self, RetryCommand.self, CancelCommand.self]
    )

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List jobs, the one added last first.",
            discussion: """
                EXAMPLES
                  console-billing jobs list
                  console-billing jobs list --kind alert --format json
                """
        )

        @Option(help: "Only jobs of this kind.")
        var kind: Job.Kind?
        @Option(help: "Only jobs in this state.")
        var state: Job.State?
        @Option(help: "The most jobs to list.")
        var count = 100
        @OptionGroup var service: ServiceConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard count > 0 else { throw ValidationError("--count: at least 1.") }
        }

        func run() async throws {
            try await service.connected { server in
                let filters = [("kind", kind?.rawValue), ("state", state?.rawValue)]
                let reader = ListReader<ServedJob>(server: server, path: "/v1/jobs", filters: filters) {
                    $0.id
                }
                var jobs: [ListReader<ServedJob>.Line] = []
                let hasMore = try await reader.read(limit: count) { jobs += $0 }
                if output.chosen == .json {
                    Terminal.line(reader.json(jobs))
                } else if jobs.isEmpty {
                    Terminal.line("There is no such job.")
                } else {
                    Terminal.line(JobsCommand.table(jobs.map(\.element), now: .now).text)
                }
                if hasMore { Terminal.line("More: --count N.", to: .error) }
            }
        }
    }

    /// The jobs for people, a row each.
    static func table(_ jobs: [ServedJob], now: Instant) -> TextTable {
        TextTable(
            columns: ["JOB", "KIND", "STATE", "ATTEMPTS", "NEXT", "ABOUT", "REASON"],
            rows: jobs.map { job in
                let left = job.dueAt.map { max(0, $0.seconds(since: now)) }
                return [
                    job.id, job.kind, job.state, String(job.attempts),
                    left.map { $0 == 0 ? "now" : "in \(DurationText.text($0))" } ?? "never", job.about ?? "",
                    job.reason ?? "",
                ].map(printable)
            }
        )
    }

    /// A request about one job, and its answer.
    struct OneJob: ParsableArguments {
        @Argument(help: "The job's id.", transform: given)
        var id: String
        @OptionGroup var service: ServiceConnectionOptions
        @OptionGroup var output: OutputOptions

        /// Asks the service, and prints the job.
        func run(_ action: String? = nil) async throws {
            try await service.connected { server in
                let path = "/v1/jobs/\(PercentEncoding.encoded(id))"
                let answer: [UInt8]
                if let action {
                    answer = try await server.post("\(path)/\(action)")
                } else {
                    answer = try await server.get(path)
                }
                let job = try decoded(ServedJob.self, from: answer)
                Terminal.line(
                    output.chosen == .human ? JobsCommand.table([job], now: .now).text : job.json
                )
            }
        }
    }

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show a job.",
            discussion: """
                EXAMPLES
                  console-billing jobs show retention
                  console-billing jobs show charge:ch_3RjrdcQT5vkQXp9L --format json
                """
        )
        @OptionGroup var job: OneJob

        func run() async throws { try await job.run() }
    }

    struct RetryCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry",
            abstract: "Make a job due now that waits, was paused or failed.",
            discussion: """
                EXAMPLES
                  console-billing jobs retry charge:ch_3RjrdcQT5vkQXp9L
                """
        )
        @OptionGroup var job: OneJob

        func run() async throws { try await job.run("retry") }
    }

    struct CancelCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel",
            abstract: "End a job that waits, runs or was paused.",
            discussion: """
                It fails with that reason, and can be retried. Jobs that begin again by themselves cannot be cancelled.

                EXAMPLES
                  console-billing jobs cancel charge:ch_3RjrdcQT5vkQXp9L
                """
        )
        @OptionGroup var job: OneJob

        func run() async throws { try await job.run("cancel") }
    }
}
