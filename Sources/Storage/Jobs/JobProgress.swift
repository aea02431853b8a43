package import Billing
package import JSON

/// The progress of a run: enough to continue after the process is killed at any point.
package struct JobProgress: Sendable, Equatable {
    /// Why a run failed, for programs.
    package enum Failure: String, JSONEncodable, JSONDecodable, Sendable {
        case keyRefused = "key_refused"
        case stripeUnavailable = "stripe_unavailable"
        case storeUnavailable = "store_unavailable"
        case unreadable
    }

    package var lists: [ListProgress] = []
    /// Requests to Stripe, including those that failed.
    package var requests = 0
    /// Events and objects that Stripe listed.
    package var listed = 0
    /// Events and objects that were new to the log.
    package var recorded = 0
    /// Events that the log already had; an event that it had in another API version counts as recorded.
    package var duplicates = 0
    /// Objects that differ in nothing from the log's state.
    package var unchanged = 0
    package var quarantined = 0
    /// The steps that failed, in words for operators.
    package var problems: [String] = []
    package var failure: Failure?
    /// When the run requested the first page of its lists: later changes are on none of their pages.
    package var probedAt: Instant?
    package var comparison: Comparison?

    package init() {}

    /// The total number of requests that the run will need, estimated from the density of the lists so far.
    package var estimatedRequests: Int { requests + lists.reduce(0) { $0 + $1.pagesLeft } }

    /// Adds a problem once, however often it occurs.
    package mutating func note(_ problem: String) {
        if !problems.contains(problem), problems.count < 100 { problems.append(problem) }
    }
}

/// One of Stripe's lists, and how far the run has read it, from the newest object to the oldest.
package struct ListProgress: Sendable, Equatable {
    package enum Collection: String, JSONEncodable, JSONDecodable, Sendable, CaseIterable {
        case events
        case paymentIntents = "payment_intents"
        case charges
        case refunds
        case disputes
        case invoicePayments = "invoice_payments"
        case invoices
        case customers
    }

    package enum State: String, JSONEncodable, JSONDecodable, Sendable {
        case waiting, walking, done
        /// Not needed, because another list contains the same objects.
        case skipped
        /// Stripe refuses to list it.
        case refused
    }

    package let collection: Collection
    /// For the list of events: the types to list.
    package let types: [String]
    package let isUndelivered: Bool
    package let from: Instant
    package var through: Instant?
    package var state = State.waiting
    /// The last object that was processed.
    package var cursor: String?
    /// When the newest and the last processed object were created.
    package var newest: Instant?
    package var reached: Instant?
    package var pages = 0

    package init(
        _ collection: Collection,
        types: [String] = [],
        isUndelivered: Bool = false,
        from: Instant,
        through: Instant?
    ) {
        self.collection = collection
        self.types = types
        self.isUndelivered = isUndelivered
        self.from = from
        self.through = through
    }

    /// The name for operators.
    package var name: String {
        guard collection == .events else { return collection.rawValue.replacing("_", with: " ") }
        let range = types.count > 1 ? "\(types[0]) … \(types[types.count - 1])" : types.first ?? "of any type"
        return "\(isUndelivered ? "undelivered " : "")events \(range)"
    }

    /// How many requests the list still needs, estimated from its density so far.
    package var pagesLeft: Int {
        switch state {
        case .done, .skipped, .refused: return 0
        case .waiting: return 1
        case .walking:
            guard let newest, let reached, newest > reached else { return max(1, pages) }
            let left = Double(max(0, reached.seconds(since: from)))
            let perPage = Double(newest.seconds(since: reached)) / Double(max(1, pages))
            return max(1, Int(min(1e9, (left / perPage).rounded(.up))))
        }
    }
}

/// The result of a reconciliation.
package struct Comparison: Sendable, Equatable {
    /// The number of rows that were compared.
    package var rows = 0
    /// The first differences, at most ``maximumShown``; ``driftCount`` counts all.
    package var drift: [Drift] = []
    package var driftCount = 0
    /// The number of differences that a repair resolved.
    package var repaired = 0
    /// The number of rows that were not fetched one by one, because there were too many.
    package var unchecked = 0

    package init() {}

    package static let maximumShown = 500

    package var remaining: Int { driftCount - repaired }
}

// MARK: JSON

extension JobProgress: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        lists = try json.decode("lists")
        requests = try json.decode("requests")
        listed = try json.decode("listed")
        recorded = try json.decode("recorded")
        duplicates = try json.decode("duplicates")
        unchanged = try json.decode("unchanged")
        quarantined = try json.decode("quarantined")
        problems = try json.decode("problems")
        failure = try json.decodeIfPresent("failure")
        probedAt = try json.decodeIfPresent("probedAt")
        comparison = try json.decodeIfPresent("comparison")
    }

    package func write(to json: inout JSONWriter) {
        json.member("comparison", comparison)
        json.member("duplicates", duplicates)
        json.member("failure", failure)
        json.member("listed", listed)
        json.member("lists", lists)
        json.member("probedAt", probedAt)
        json.member("problems", problems)
        json.member("quarantined", quarantined)
        json.member("recorded", recorded)
        json.member("requests", requests)
        json.member("unchanged", unchanged)
    }
}

extension ListProgress: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        collection = try json.decode("collection")
        types = try json.decode("types")
        isUndelivered = try json.decode("isUndelivered")
        from = try json.decode("from")
        through = try json.decodeIfPresent("through")
        state = try json.decode("state")
        cursor = try json.decodeIfPresent("cursor")
        newest = try json.decodeIfPresent("newest")
        reached = try json.decodeIfPresent("reached")
        pages = try json.decode("pages")
    }

    package func write(to json: inout JSONWriter) {
        json.member("collection", collection)
        json.member("cursor", cursor)
        json.member("from", from)
        json.member("isUndelivered", isUndelivered)
        json.member("newest", newest)
        json.member("pages", pages)
        json.member("reached", reached)
        json.member("state", state)
        json.member("through", through)
        json.member("types", types)
    }
}

extension Comparison: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        rows = try json.decode("rows")
        drift = try json.decode("drift")
        driftCount = try json.decode("driftCount")
        repaired = try json.decode("repaired")
        unchecked = try json.decode("unchecked")
    }

    package func write(to json: inout JSONWriter) {
        json.member("drift", drift)
        json.member("driftCount", driftCount)
        json.member("repaired", repaired)
        json.member("rows", rows)
        json.member("unchecked", unchecked)
    }
}
