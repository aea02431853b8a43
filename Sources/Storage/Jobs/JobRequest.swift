package import Billing
package import JSON

/// The parameters of a run.
package struct JobRequest: Sendable, Equatable {
    /// The parameters as they were given; repeating them resumes the unfinished run.
    package struct Parameters: Sendable, Equatable {
        package var since: String
        package var until: String?
        package var account: String?
        /// Only the events that some endpoint has not accepted.
        package var isUndeliveredOnly: Bool
        /// Whether a reconciliation repairs the differences that it finds.
        package var repairs: Bool

        package init(
            since: String,
            until: String? = nil,
            account: String? = nil,
            isUndeliveredOnly: Bool = false,
            repairs: Bool = false
        ) {
            self.since = since
            self.until = until
            self.account = account
            self.isUndeliveredOnly = isUndeliveredOnly
            self.repairs = repairs
        }
    }

    package enum Origin: String, JSONEncodable, JSONDecodable, Sendable { case `operator`, start, schedule }

    package var parameters: Parameters
    package var from: Instant
    /// The last moment to include; `nil` for the time of the run.
    package var through: Instant?
    package var requestsPerSecond: Double
    /// The number of requests after which an operator must confirm; `nil` for no limit.
    package var maxRequests: Int?
    package var origin: Origin

    package init(
        parameters: Parameters,
        from: Instant,
        through: Instant?,
        requestsPerSecond: Double = JobRequest.defaultRequestsPerSecond,
        maxRequests: Int? = ReadAllocation.defaultRequests,
        origin: Origin
    ) {
        self.parameters = parameters
        self.from = from
        self.through = through
        self.requestsPerSecond = requestsPerSecond
        self.maxRequests = maxRequests
        self.origin = origin
    }

    /// Well below Stripe's limit in a sandbox: 25 requests per second, for all requests of an account.
    package static let defaultRequestsPerSecond = 10.0
    /// Stripe's limit in live mode.
    package static let fastestRequestsPerSecond = 100.0
}

extension JobRequest: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        parameters = try json.decode("wish")
        from = try json.decode("from")
        through = try json.decodeIfPresent("through")
        requestsPerSecond = try json.decode("requestsPerSecond")
        maxRequests = try json.decodeIfPresent("maxRequests")
        origin = try json.decode("origin")
    }

    package func write(to json: inout JSONWriter) {
        json.member("from", from)
        json.member("maxRequests", maxRequests)
        json.member("origin", origin)
        json.member("requestsPerSecond", requestsPerSecond)
        json.member("through", through)
        json.member("wish", parameters)
    }
}

extension JobRequest.Parameters: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        since = try json.decode("since")
        until = try json.decodeIfPresent("until")
        account = try json.decodeIfPresent("account")
        isUndeliveredOnly = try json.decode("isUndeliveredOnly")
        repairs = try json.decode("mends")
    }

    package func write(to json: inout JSONWriter) {
        json.member("account", account)
        json.member("isUndeliveredOnly", isUndeliveredOnly)
        json.member("mends", repairs)
        json.member("since", since)
        json.member("until", until)
    }
}

/// Stripe's limit on reads: 500 requests for each transaction of an account in 30 days, and at least 10,000.
///
/// <https://docs.stripe.com/rate-limits>
package enum ReadAllocation {
    package static let monthlyMinimum = 10_000
    /// A quarter of the smallest account's monthly limit: a run that needs more asks an operator first.
    package static let defaultRequests = monthlyMinimum / 4
}

/// Parameters and progress as JSON in the store.
extension Job {
    /// Makes a new backfill or reconciliation.
    package init(_ kind: Kind, id: String, request: JobRequest, now: Instant) {
        self.init(id: id, kind: kind, dueAt: now, request: JSONWriter.text(of: request), createdAt: now)
    }

    /// The parameters; `nil` for JSON of a later version.
    package var asked: JobRequest? { Self.decode(request) }

    package var reached: JobProgress? { Self.decode(progress) }

    package mutating func keep(_ progress: some JSONEncodable) {
        self.progress = JSONWriter.text(of: progress)
    }

    static func decode<Value: JSONDecodable>(_ text: String) -> Value? {
        try? Value(json: Array(text.utf8))
    }
}
