package import Billing
package import JSON
package import Storage

/// An import from Console's database, for operators, in the API and in the terminal.
package struct ConsoleImportResponse: JSONObject, JSONDecodable, Sendable {
    package let id: String
    package let state: String
    package let reason: String?
    /// Whether the pass only counts what it would change.
    package let isDryRun: Bool
    /// Counted from 1; the counts below are of this pass.
    package let pass: Int
    package let customers: Int
    package let linked: Int
    package let wallets: Int
    package let payments: Int
    package let credits: Int
    package let problems: Int
    /// The first of the problems, in words.
    package let firstProblems: [String]
    /// The seconds since the beginning of the last completed pass.
    package let lagSeconds: Int64?
    private let updatedAt: Instant

    package init(_ job: Job, now: Instant) {
        let progress = job.importProgress ?? ConsoleImportProgress(isDryRun: false)
        id = job.id
        state = job.state.rawValue
        reason = job.reason
        isDryRun = progress.isDryRun
        pass = progress.pass
        customers = progress.customers
        linked = progress.linked
        wallets = progress.wallets
        payments = progress.payments
        credits = progress.credits
        problems = progress.problems
        firstProblems = progress.firstProblems
        lagSeconds = progress.lagSeconds(now: now)
        updatedAt = job.updatedAt
    }

    package init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.decode("id")
        state = try json.decode("state")
        reason = try json.decodeIfPresent("reason")
        isDryRun = try json.decode("dry_run")
        pass = try json.decode("pass")
        customers = try json.decode("customers")
        linked = try json.decode("customers_linked")
        wallets = try json.decode("wallets_added")
        payments = try json.decode("transactions")
        credits = try json.decode("credits_given")
        problems = try json.decode("problems")
        firstProblems = try json.decode("first_problems")
        lagSeconds = try json.decodeIfPresent("lag_seconds")
        updatedAt = try json.decode("updated_at")
    }

    package func write(to json: inout JSONWriter) {
        json.member("credits_given", credits)
        json.member("customers", customers)
        json.member("customers_linked", linked)
        json.member("dry_run", isDryRun)
        json.member("first_problems", firstProblems)
        json.member("id", id)
        json.member("lag_seconds", lagSeconds)
        json.member("object", Job.Kind.consoleImport.rawValue)
        json.member("pass", pass)
        json.member("problems", problems)
        json.member("reason", reason)
        json.member("state", state)
        json.member("transactions", payments)
        json.member("updated_at", updatedAt)
        json.member("wallets_added", wallets)
    }

    /// The JSON of the API's answer.
    package var json: [UInt8] { JSONWriter.bytes(of: self) }
}
