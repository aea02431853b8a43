package import Billing
package import Storage

/// The parameters of a backfill or reconciliation, as its route and its command take them.
package enum JobParameters {
    /// The operator's request, from the raw parameters by name.
    package static func request(
        _ kind: Job.Kind,
        _ values: [String: String],
        now: Instant
    ) throws(APIError) -> JobRequest {
        var query = QueryReader(values: values)
        return try query.jobRequest(kind, now: now)
    }
}

extension QueryReader {
    mutating func jobRequest(_ kind: Job.Kind, now: Instant) throws(APIError) -> JobRequest {
        let (from, through) = try period(now: now)
        guard let from, let since = text("since") else {
            throw .invalid("since", "Say since when: \(MomentText.accepts).")
        }
        guard from <= now else { throw .invalid("since", "This is in the future.") }
        let parameters = JobRequest.Parameters(
            since: since,
            until: text("until"),
            account: try identifier("account"),
            isUndeliveredOnly: (try kind == .backfill ? flag("undelivered_only") : nil) ?? false,
            repairs: (try kind == .reconciliation ? flag("fix") : nil) ?? false
        )
        let rate = text("rate").map { Double($0) } ?? JobRequest.defaultRequestsPerSecond
        guard let rate, 0.1...JobRequest.fastestRequestsPerSecond ~= rate else {
            throw .invalid("rate", "Give requests a second, from 0.1 to 100.")
        }
        let maxRequests = try maxRequests()
        try finish()
        return JobRequest(
            parameters: parameters,
            from: from,
            through: through,
            requestsPerSecond: rate,
            maxRequests: maxRequests,
            origin: .operator
        )
    }

    /// Reads the limit; `nil` for `any`, which removes it.
    private mutating func maxRequests() throws(APIError) -> Int? {
        guard let text = text("max_requests") else { return ReadAllocation.defaultRequests }
        if text == "any" { return nil }
        guard let number = Int(text), 1...1_000_000_000 ~= number else {
            throw .invalid("max_requests", "Give a number of requests of at least 1, or any.")
        }
        return number
    }

    /// Reads `since` and `until`; a day in `until` means its last second.
    mutating func period(now: Instant) throws(APIError) -> (from: Instant?, through: Instant?) {
        let from = try moment("since", now: now)
        let through = try moment("until", isEnd: true, now: now)
        if let from, let through, through < from {
            throw .invalid("until", "The period ends before it begins: swap since and until.")
        }
        return (from, through)
    }

    private mutating func moment(
        _ name: String,
        isEnd: Bool = false,
        now: Instant
    ) throws(APIError) -> Instant? {
        guard let text = text(name) else { return nil }
        guard let instant = MomentText.instant(text, isEnd: isEnd, now: now), instant.unixSeconds >= 0 else {
            throw .invalid(name, "Give \(MomentText.accepts).")
        }
        return instant
    }
}
