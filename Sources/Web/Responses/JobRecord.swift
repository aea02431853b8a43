package import Billing
package import JSON
package import Storage

/// A job of any kind, for operators, in the API and in the terminal.
package struct JobRecord: JSONObject, JSONDecodable, Sendable {
    package let id: String
    package let kind: String
    package let state: String
    /// The object that is fetched, the type of the alert, or the beginning of the period.
    package let about: String?
    package let attempts: Int
    /// When it is due; of a running job, the end of the lease.
    package let due_at: Instant?
    let holder: String?
    package let reason: String?
    let created_at: Instant
    let updated_at: Instant

    package init(_ job: Job) {
        id = job.id
        kind = job.kind.rawValue
        state = job.state.rawValue
        switch job.kind {
        case .fetch: about = job.fetchKey.map { "\($0.question.topic) \($0.question.subject)" }
        case .alert: about = job.alert?.kind.rawValue
        case .backfill, .reconciliation: about = job.asked.map { "since \($0.from.rfc3339)" }
        case .usageSync, .alertSearch, .retention: about = nil
        }
        attempts = job.attempts
        due_at = job.dueAt
        holder = job.holder
        reason = job.reason
        created_at = job.createdAt
        updated_at = job.updatedAt
    }

    package init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.decode("id")
        kind = try json.decode("kind")
        state = try json.decode("state")
        about = try json.decodeIfPresent("about")
        attempts = try json.decode("attempts")
        due_at = try json.decodeIfPresent("due_at")
        holder = try json.decodeIfPresent("holder")
        reason = try json.decodeIfPresent("reason")
        created_at = try json.decode("created_at")
        updated_at = try json.decode("updated_at")
    }

    package func write(to json: inout JSONWriter) {
        json.member("about", about)
        json.member("attempts", attempts)
        json.member("created_at", created_at)
        json.member("due_at", due_at)
        json.member("holder", holder)
        json.member("id", id)
        json.member("kind", kind)
        json.member("object", "job")
        json.member("reason", reason)
        json.member("state", state)
        json.member("updated_at", updated_at)
    }
}
