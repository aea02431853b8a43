package import Billing
import FoundationEssentials
package import Storage

/// A backfill or reconciliation, for operators, in the API and in the terminal.
package struct UpkeepRunResponse: Codable, Sendable {
    package struct List: Codable, Sendable {
        package let name: String
        package let state: String
        package let pages: Int
        let pages_left: Int
        /// The oldest moment that the list has been read down to.
        package let reached: Instant?
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
    package let sittings: Int
    package let problems: [String]
    package let lists: [List]
    package let comparison: Comparison?

    package init(_ run: UpkeepRun) {
        let progress = run.reached ?? UpkeepProgress()
        let request = run.asked
        id = run.id
        object = run.kind.rawValue
        state = run.state.rawValue
        reason = run.reason
        failure = progress.failure?.rawValue
        begun_at = run.begunAt
        updated_at = run.updatedAt
        since = request?.from ?? run.begunAt
        until = request?.through
        account = request?.wish.account
        origin = request?.origin.rawValue
        max_requests = request?.maxRequests
        requests = progress.requests
        estimated_requests = progress.estimatedRequests
        listed = progress.listed
        recorded = progress.recorded
        duplicates = progress.duplicates
        unchanged = progress.unchanged
        quarantined = progress.quarantined
        sittings = progress.sittings
        problems = progress.problems
        lists = progress.lists.map {
            List(
                name: $0.name,
                state: $0.state.rawValue,
                pages: $0.pages,
                pages_left: $0.pagesLeft,
                reached: $0.reached
            )
        }
        comparison = progress.comparison
    }

    /// The JSON of the API's answer.
    package var json: [UInt8] { Array(JSONBody.encode(self).readableBytesView) }
}
