package import Billing
package import JSON
package import Storage

/// A backfill or reconciliation, for operators, in the API and in the terminal.
package struct JobResponse: JSONObject, JSONDecodable, Sendable {
    package struct List: JSONObject, JSONDecodable, Sendable {
        package let name: String
        package let state: String
        package let pages: Int
        let pages_left: Int
        /// The oldest moment that the list has been read down to.
        package let reached: Instant?

        init(_ list: ListProgress) {
            name = list.name
            state = list.state.rawValue
            pages = list.pages
            pages_left = list.pagesLeft
            reached = list.reached
        }

        package init(_ json: JSONValue) throws(JSONFieldError) {
            name = try json.decode("name")
            state = try json.decode("state")
            pages = try json.decode("pages")
            pages_left = try json.decode("pages_left")
            reached = try json.decodeIfPresent("reached")
        }

        package func write(to json: inout JSONWriter) {
            json.member("name", name)
            json.member("pages", pages)
            json.member("pages_left", pages_left)
            json.member("reached", reached)
            json.member("state", state)
        }
    }

    package let id: String
    package let object: String
    package let state: String
    package let reason: String?
    /// The reason of a failure, as a code for programs.
    package let failure: String?
    package let begun_at: Instant
    package let updated_at: Instant
    package let since: Instant
    package let until: Instant?
    package let account: String?
    package let origin: String?
    package let max_requests: Int?
    package let requests: Int
    package let estimated_requests: Int
    package let listed: Int
    package let recorded: Int
    package let duplicates: Int
    package let unchanged: Int
    package let quarantined: Int
    package let attempts: Int
    package let problems: [String]
    package let lists: [List]
    package let comparison: Comparison?

    package init(_ job: Job) {
        let progress = job.reached ?? JobProgress()
        let request = job.asked
        id = job.id
        object = job.kind.rawValue
        state = job.state.rawValue
        reason = job.reason
        failure = progress.failure?.rawValue
        begun_at = job.createdAt
        updated_at = job.updatedAt
        since = request?.from ?? job.createdAt
        until = request?.through
        account = request?.parameters.account
        origin = request?.origin.rawValue
        max_requests = request?.maxRequests
        requests = progress.requests
        estimated_requests = progress.estimatedRequests
        listed = progress.listed
        recorded = progress.recorded
        duplicates = progress.duplicates
        unchanged = progress.unchanged
        quarantined = progress.quarantined
        attempts = job.attempts
        problems = progress.problems
        lists = progress.lists.map(List.init)
        comparison = progress.comparison
    }

    package init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.decode("id")
        object = try json.decode("object")
        state = try json.decode("state")
        reason = try json.decodeIfPresent("reason")
        failure = try json.decodeIfPresent("failure")
        begun_at = try json.decode("begun_at")
        updated_at = try json.decode("updated_at")
        since = try json.decode("since")
        until = try json.decodeIfPresent("until")
        account = try json.decodeIfPresent("account")
        origin = try json.decodeIfPresent("origin")
        max_requests = try json.decodeIfPresent("max_requests")
        requests = try json.decode("requests")
        estimated_requests = try json.decode("estimated_requests")
        listed = try json.decode("listed")
        recorded = try json.decode("recorded")
        duplicates = try json.decode("duplicates")
        unchanged = try json.decode("unchanged")
        quarantined = try json.decode("quarantined")
        attempts = try json.decode("attempts")
        problems = try json.decode("problems")
        lists = try json.decode("lists")
        comparison = try json.decodeIfPresent("comparison")
    }

    package func write(to json: inout JSONWriter) {
        json.member("account", account)
        json.member("attempts", attempts)
        json.member("begun_at", begun_at)
        json.member("comparison", comparison)
        json.member("duplicates", duplicates)
        json.member("estimated_requests", estimated_requests)
        json.member("failure", failure)
        json.member("id", id)
        json.member("listed", listed)
        json.member("lists", lists)
        json.member("max_requests", max_requests)
        json.member("object", object)
        json.member("origin", origin)
        json.member("problems", problems)
        json.member("quarantined", quarantined)
        json.member("reason", reason)
        json.member("recorded", recorded)
        json.member("requests", requests)
        json.member("since", since)
        json.member("state", state)
        json.member("unchanged", unchanged)
        json.member("until", until)
        json.member("updated_at", updated_at)
    }

    /// The JSON of the API's answer.
    package var json: [UInt8] { JSONWriter.bytes(of: self) }
}
