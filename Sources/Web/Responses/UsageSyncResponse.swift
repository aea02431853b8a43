package import Billing
package import JSON
package import Storage

/// The sync of usage, for operators, in the API and in the terminal.
package struct UsageSyncResponse: JSONObject, JSONDecodable, Sendable {
    package let id: String
    package let object: String
    package let state: String
    package let reason: String?
    /// The reason of a failure, as a code for programs.
    package let failure: String?
    package let source: String?
    package let chain_id: String?
    /// The number of the pass, counted from 1; the counters below are of this pass.
    package let pass: Int
    package let stage: String?
    package let full: Bool
    package let begun_at: Instant
    package let updated_at: Instant
    package let leases: Int
    package let leases_changed: Int
    package let days: Int
    package let days_changed: Int
    package let contradictions: Int
    /// The leases that could not be read, and the first of them with their faults.
    package let set_aside: Int
    package let set_aside_leases: [SetAsideLease]
    /// The open leases that the source no longer has, the first of them, and how many of them were closed.
    package let missing: Int
    let missing_leases: [String]
    package let vanished: Int
    /// The last height that usage includes, from the last completed pass; a string, because it may exceed
    /// 2^53.
    package let indexed_height: String?
    /// The time of that block.
    let indexed_at: Instant?
    /// The age of that block in seconds.
    package let lag_seconds: Int64?
    /// The calendar's last day, and whether that day is fully indexed.
    package let indexed_to: String?
    let indexed_to_final: Bool?
    /// Explains which data the source does not have.
    package let note: String?

    package init(_ job: Job, newestDay: CalendarDay?, now: Instant) {
        let progress = job.syncProgress
        id = job.id
        object = job.kind.rawValue
        state = job.state.rawValue
        reason = job.reason
        failure = progress?.failure?.rawValue
        source = progress?.source.rawValue
        chain_id = progress?.chainID
        pass = progress?.pass ?? 0
        stage = progress.flatMap { $0.stage == .done ? nil : $0.stage.rawValue }
        full = progress?.isFull ?? false
        begun_at = job.createdAt
        updated_at = job.updatedAt
        leases = progress?.leases ?? 0
        leases_changed = progress?.leasesChanged ?? 0
        days = progress?.days ?? 0
        days_changed = progress?.daysChanged ?? 0
        contradictions = progress?.contradictions ?? 0
        set_aside = progress?.setAside ?? 0
        set_aside_leases = progress?.firstSetAside ?? []
        missing = progress?.missing ?? 0
        missing_leases = progress?.firstMissing ?? []
        vanished = progress?.vanished ?? 0
        indexed_height = progress?.completed?.height.map(String.init)
        indexed_at = progress?.completed?.at
        lag_seconds = progress?.lagSeconds(now: now)
        indexed_to = newestDay?.date.text
        indexed_to_final = newestDay?.isFinal
        note = progress?.source == .node ? Self.nodeNote : nil
    }

    package init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.decode("id")
        object = try json.decode("object")
        state = try json.decode("state")
        reason = try json.decodeIfPresent("reason")
        failure = try json.decodeIfPresent("failure")
        source = try json.decodeIfPresent("source")
        chain_id = try json.decodeIfPresent("chain_id")
        pass = try json.decode("pass")
        stage = try json.decodeIfPresent("stage")
        full = try json.decode("full")
        begun_at = try json.decode("begun_at")
        updated_at = try json.decode("updated_at")
        leases = try json.decode("leases")
        leases_changed = try json.decode("leases_changed")
        days = try json.decode("days")
        days_changed = try json.decode("days_changed")
        contradictions = try json.decode("contradictions")
        set_aside = try json.decode("set_aside")
        set_aside_leases = try json.decode("set_aside_leases")
        missing = try json.decode("missing")
        missing_leases = try json.decode("missing_leases")
        vanished = try json.decode("vanished")
        indexed_height = try json.decodeIfPresent("indexed_height")
        indexed_at = try json.decodeIfPresent("indexed_at")
        lag_seconds = try json.decodeIfPresent("lag_seconds")
        indexed_to = try json.decodeIfPresent("indexed_to")
        indexed_to_final = try json.decodeIfPresent("indexed_to_final")
        note = try json.decodeIfPresent("note")
    }

    package func write(to json: inout JSONWriter) {
        json.member("begun_at", begun_at)
        json.member("chain_id", chain_id)
        json.member("contradictions", contradictions)
        json.member("days", days)
        json.member("days_changed", days_changed)
        json.member("failure", failure)
        json.member("full", full)
        json.member("id", id)
        json.member("indexed_at", indexed_at)
        json.member("indexed_height", indexed_height)
        json.member("indexed_to", indexed_to)
        json.member("indexed_to_final", indexed_to_final)
        json.member("lag_seconds", lag_seconds)
        json.member("leases", leases)
        json.member("leases_changed", leases_changed)
        json.member("missing", missing)
        json.member("missing_leases", missing_leases)
        json.member("note", note)
        json.member("object", object)
        json.member("pass", pass)
        json.member("reason", reason)
        json.member("set_aside", set_aside)
        json.member("set_aside_leases", set_aside_leases)
        json.member("source", source)
        json.member("stage", stage)
        json.member("state", state)
        json.member("updated_at", updated_at)
        json.member("vanished", vanished)
    }

    private static let nodeNote =
        "A node knows no days, no price of AKT and not what a lease holds; only leases of known accounts were read. "
        + "Days come by POST /v1/usage/calendar, or all of it from Console's indexer: USAGE_INDEXER_URL."

    /// The JSON of the API's answer.
    package var json: [UInt8] { JSONWriter.bytes(of: self) }
}
