package import Billing

/// How far a run has come: enough to go on from after a kill at any point.
package struct UpkeepProgress: Codable, Sendable, Equatable {
    /// Why a run failed, for programs.
    package enum Failure: String, Codable, Sendable {
        case keyRefused = "key_refused"
        case stripeUnavailable = "stripe_unavailable"
        case storeUnavailable = "store_unavailable"
        case unreadable
    }

    package var lists: [ListProgress] = []
    /// Requests made to Stripe, those that failed among them.
    package var requests = 0
    /// Events and objects that Stripe listed.
    package var listed = 0
    /// Events and objects that the log lacked.
    package var recorded = 0
    /// Events that the log had already; one that it had in another API version is recorded beside that all the same.
    package var duplicates = 0
    /// Objects that said nothing the log does not say.
    package var unchanged = 0
    package var quarantined = 0
    /// What could not be done, in words.
    package var problems: [String] = []
    package var failure: Failure?
    /// How often somebody sat down to it: more than once after a kill.
    package var sittings = 0
    /// When the first page of its lists was asked for: what happened since is on no page of theirs.
    package var probedAt: Instant?
    package var comparison: Comparison?

    package init() {}

    /// How many requests it will have been, as far as can be told from how dense the lists are.
    package var estimatedRequests: Int { requests + lists.reduce(0) { $0 + $1.pagesLeft } }

    /// A problem once, however often it is met with.
    package mutating func note(_ problem: String) {
        if !problems.contains(problem), problems.count < 100 { problems.append(problem) }
    }
}

/// One of Stripe's lists, and how far down it somebody has walked: from the newest to the oldest.
package struct ListProgress: Codable, Sendable, Equatable {
    package enum Collection: String, Codable, Sendable, CaseIterable {
        case events
        case paymentIntents = "payment_intents"
        case charges
        case refunds
        case disputes
        case invoicePayments = "invoice_payments"
        case invoices
        case customers
    }

    package enum State: String, Codable, Sendable {
        case waiting, walking, done
        /// Not needed: another list holds the same.
        case skipped
        /// Stripe does not give it to us.
        case refused
    }

    package let collection: Collection
    /// Of events: which types.
    package let types: [String]
    package let isUndelivered: Bool
    package let from: Instant
    package var through: Instant?
    package var state = State.waiting
    /// The last object that was taken in.
    package var cursor: String?
    /// When the newest and the last object that was taken in were made.
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

    /// For people.
    package var name: String {
        guard collection == .events else { return collection.rawValue.replacing("_", with: " ") }
        let range = types.count > 1 ? "\(types[0]) … \(types[types.count - 1])" : types.first ?? "of any type"
        return "\(isUndelivered ? "undelivered " : "")events \(range)"
    }

    /// How many requests are still to be made for it, from how dense it has been so far.
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

/// What a reconciliation found.
package struct Comparison: Codable, Sendable, Equatable {
    /// Rows that were compared.
    package var rows = 0
    /// The first of them; ``driftCount`` has them all.
    package var drift: [Drift] = []
    package var driftCount = 0
    /// How many of those are no more, after mending.
    package var mended = 0
    /// Rows of which nobody asked Stripe singly any more, for there were too many.
    package var unchecked = 0

    package init() {}

    package static let maximumShown = 500

    package var remaining: Int { driftCount - mended }
}
