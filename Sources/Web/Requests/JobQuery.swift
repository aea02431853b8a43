package import Billing
package import Storage

/// The parameters of a backfill or reconciliation, shared by `POST /v1/backfills`, `POST /v1/reconciliations`
/// and the commands.
package enum JobParameters {
    /// - Parameters:
    ///   - kind: The kind of the job.
    ///   - values: The raw parameters by name.
    ///   - now: The current time.
    /// - Returns: The operator's request.
    /// - Throws: ``APIError`` that names the invalid parameter.
    package static func request(
        _ kind: Job.Kind,
        _ values: [String: String],
        now: Instant
    ) throws(APIError) -> JobRequest {
        guard let since = try moment("since", values, isEnd: false, now: now) else {
            throw .invalid("since", "Say since when: \(MomentText.accepts).")
        }
        let until = try moment("until", values, isEnd: true, now: now)
        guard since <= now else { throw .invalid("since", "This is in the future.") }
        if let until, until < since {
            throw .periodEndsBeforeItBegins
        }
        if let account = values["account"], !StripeID.isValid(account) {
            throw .invalid("account", "This is not an id of Stripe's.")
        }
        let parameters = JobRequest.Parameters(
            since: values["since"] ?? "",
            until: values["until"],
            account: values["account"],
            isUndeliveredOnly: try flag("undelivered_only", values),
            repairs: try flag("fix", values)
        )
        return JobRequest(
            parameters: parameters,
            from: since,
            through: until,
            requestsPerSecond: try rate(values),
            maxRequests: try maxRequests(values),
            origin: .operator
        )
    }

    static func names(_ kind: Job.Kind) -> [String] {
        ["since", "until", "account", "rate", "max_requests"]
            + (kind == .backfill ? ["undelivered_only"] : ["fix"])
    }

    private static func moment(
        _ name: String,
        _ values: [String: String],
        isEnd: Bool,
        now: Instant
    ) throws(APIError) -> Instant? {
        guard let text = values[name] else { return nil }
        return try MomentText.instant(text, of: name, isEnd: isEnd, now: now)
    }

    private static func flag(_ name: String, _ values: [String: String]) throws(APIError) -> Bool {
        guard let text = values[name] else { return false }
        guard let flag = Bool(text) else { throw .invalid(name, "Give true or false.") }
        return flag
    }

    private static func rate(_ values: [String: String]) throws(APIError) -> Double {
        guard let text = values["rate"] else { return JobRequest.defaultRequestsPerSecond }
        guard let rate = Double(text), 0.1...JobRequest.fastestRequestsPerSecond ~= rate else {
            throw .invalid("rate", "Give requests a second, from 0.1 to 100.")
        }
        return rate
    }

    /// `any` removes the limit.
    private static func maxRequests(_ values: [String: String]) throws(APIError) -> Int? {
        guard let text = values["max_requests"] else { return ReadAllocation.defaultRequests }
        if text == "any" { return nil }
        guard let number = Int(text), 1...1_000_000_000 ~= number else {
            throw .invalid("max_requests", "Give a number of requests of at least 1, or any.")
        }
        return number
    }
}

extension MomentText {
    /// Parses a moment in a parameter.
    ///
    /// - Throws: ``APIError`` that names the parameter.
    static func instant(
        _ text: String,
        of parameter: String,
        isEnd: Bool,
        now: Instant
    ) throws(APIError) -> Instant {
        guard let instant = instant(text, isEnd: isEnd, now: now), instant.unixSeconds >= 0 else {
            throw .invalid(parameter, "Give \(accepts).")
        }
        return instant
    }
}

extension APIError {
    static let periodEndsBeforeItBegins = invalid(
        "until",
        "The period ends before it begins: swap since and until."
    )
}

extension QueryReader {
    mutating func jobRequest(_ kind: Job.Kind, now: Instant) throws(APIError) -> JobRequest {
        var values: [String: String] = [:]
        for name in JobParameters.names(kind) { values[name] = text(name) }
        try finish()
        return try JobParameters.request(kind, values, now: now)
    }
}
