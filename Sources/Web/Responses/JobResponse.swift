package import JSON
package import Storage

/// A job, for operators; of a backfill or reconciliation that is asked for by its own route also what was
/// requested, and how far it is.
package struct JobResponse: JSONObject {
    let job: Job
    /// Whether its own route is asked.
    let isRun: Bool

    package init(_ job: Job, isRun: Bool = false) {
        self.job = job
        self.isRun = isRun
    }

    package func write(to json: inout JSONWriter) {
        let request = isRun ? job.asked : nil
        let progress = isRun ? job.reached ?? JobProgress() : nil
        json.member("about", about)
        json.member("account", request?.parameters.account)
        json.member("attempts", job.attempts)
        json.member("begun_at", isRun ? job.createdAt : nil)
        json.member("comparison", progress?.comparison)
        json.member("created_at", job.createdAt)
        json.member("due_at", job.dueAt)
        json.member("duplicates", progress?.duplicates)
        json.member("estimated_requests", progress?.estimatedRequests)
        json.member("failure", progress?.failure)
        json.member("holder", job.holder)
        json.member("id", job.id)
        json.member("kind", job.kind.rawValue)
        json.member("listed", progress?.listed)
        if let progress { json.array("lists", progress.lists, Self.write) }
        json.member("max_requests", request?.maxRequests)
        json.member("object", isRun ? job.kind.rawValue : "job")
        json.member("origin", request?.origin)
        json.member("problems", progress?.problems)
        json.member("quarantined", progress?.quarantined)
        json.member("reason", job.reason)
        json.member("recorded", progress?.recorded)
        json.member("requests", progress?.requests)
        json.member("since", isRun ? request?.from ?? job.createdAt : nil)
        json.member("state", job.state.rawValue)
        json.member("unchanged", progress?.unchanged)
        json.member("until", request?.through)
        json.member("updated_at", job.updatedAt)
    }

    /// The object that is fetched, the type of the alert, or the beginning of the period.
    private var about: String? {
        switch job.kind {
        case .fetch: job.fetchKey.map { "\($0.question.topic) \($0.question.subject)" }
        case .alert: job.alert?.kind.rawValue
        case .backfill, .reconciliation: job.asked.map { "since \($0.from.rfc3339)" }
        case .forward:
            job.forwardProgress.map {
                "\($0.accepted) passed on, \($0.delayed.count) refused and tried again, \($0.givenUp) given up"
            }
        case .consoleImport: job.importProgress.map { $0.isDryRun ? "dry run" : "pass \($0.pass)" }
        case .usageSync, .alertSearch, .retention: nil
        }
    }

    private static func write(_ json: inout JSONWriter, _ list: ListProgress) {
        json.member("name", list.name)
        json.member("pages", list.pages)
        json.member("pages_left", list.pagesLeft)
        // The oldest moment that the list has been read down to.
        json.member("reached", list.reached)
        json.member("state", list.state)
    }
}
