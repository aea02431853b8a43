import ArgumentParser
import Billing
import Storage
import Web

/// Options for a backfill or a reconciliation.
struct JobOptions: ParsableArguments {
    @Option(
        help: "Since when: 30d or 12h (ago), a day, a time such as 2026-11-01T10:00:00Z, or unix seconds."
    )
    var since: String

    @Option(help: "Until when, spelt the same way (default: now).")
    var until: String?

    @Option(help: "A connected account, or one of the organisation whose key is used: acct_….")
    var account: String?

    @Option(help: "Requests to Stripe a second, at most 100.")
    var rate = JobRequest.defaultRequestsPerSecond

    @Option(help: "Stop and ask before making more requests to Stripe than this.")
    var maxRequests = ReadAllocation.defaultRequests

    @Flag(help: "Make as many requests as needed, without asking.")
    var yes = false

    /// The query parameters of the route, by name.
    func parameters(_ more: [String: String] = [:]) -> [String: String] {
        var values = more
        values["since"] = since
        values["until"] = until
        values["account"] = account
        values["rate"] = "\(rate)"
        values["max_requests"] = yes ? "any" : String(maxRequests)
        return values
    }

    /// Checks the parameters as the service would, before a request is made.
    func validate(_ kind: Job.Kind) throws {
        do {
            _ = try JobParameters.request(kind, parameters(), now: .now)
        } catch {
            let option = (error.parameter ?? "").replacing("_", with: "-")
            throw ValidationError("--\(option): \(error.message)")
        }
    }
}
