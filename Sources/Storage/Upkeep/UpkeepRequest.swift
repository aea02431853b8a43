package import Billing
import FoundationEssentials

/// What a run of upkeep is asked to do.
package struct UpkeepRequest: Codable, Sendable, Equatable {
    /// The wish as it was spelt: whoever has the same wish again means the run that was not brought to its end.
    package struct Wish: Codable, Sendable, Equatable {
        package var since: String
        package var until: String?
        package var account: String?
        /// Only the events that some endpoint has not taken.
        package var isUndeliveredOnly: Bool
        /// Whether a reconciliation mends what it finds.
        package var mends: Bool

        package init(
            since: String,
            until: String? = nil,
            account: String? = nil,
            isUndeliveredOnly: Bool = false,
            mends: Bool = false
        ) {
            self.since = since
            self.until = until
            self.account = account
            self.isUndeliveredOnly = isUndeliveredOnly
            self.mends = mends
        }
    }

    package enum Origin: String, Codable, Sendable { case `operator`, start, schedule }

    package var wish: Wish
    package var from: Instant
    /// The last moment that counts; `nil` for the present, whenever that is.
    package var through: Instant?
    package var requestsPerSecond: Double
    /// How many requests may be made before somebody has to say that more is meant; `nil` for any number.
    package var maxRequests: Int?
    package var origin: Origin

    package init(
        wish: Wish,
        from: Instant,
        through: Instant?,
        requestsPerSecond: Double = UpkeepRequest.defaultRequestsPerSecond,
        maxRequests: Int? = ReadAllocation.defaultRequests,
        origin: Origin
    ) {
        self.wish = wish
        self.from = from
        self.through = through
        self.requestsPerSecond = requestsPerSecond
        self.maxRequests = maxRequests
        self.origin = origin
    }

    /// Well below the 25 a second that Stripe allows in a sandbox, for all that an account asks together.
    package static let defaultRequestsPerSecond = 10.0
    /// What Stripe allows in live mode.
    package static let fastestRequestsPerSecond = 100.0
}

/// What Stripe lets an account read: 500 requests for each of its transactions in 30 days, and 10,000 at least.
///
/// <https://docs.stripe.com/rate-limits>
package enum ReadAllocation {
    package static let monthlyMinimum = 10_000
    /// A quarter of what the smallest account may read in a month: a run that needs more asks first.
    package static let defaultRequests = monthlyMinimum / 4
}

/// JSON in the store's texts.
extension UpkeepRun {
    /// A new run.
    package init(
        _ kind: Kind,
        id: String,
        request: UpkeepRequest,
        now: Instant
    ) {
        self.init(id: id, kind: kind, begunAt: now, request: Self.encode(request))
    }

    /// What is asked of it; `nil` for what a later version wrote.
    package var asked: UpkeepRequest? { Self.decode(request) }

    package var reached: UpkeepProgress? { Self.decode(progress) }

    package mutating func keep(_ progress: UpkeepProgress) { self.progress = Self.encode(progress) }

    static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts, numbers and lists of them, which cannot fail to encode.
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    static func decode<Value: Decodable>(_ text: String) -> Value? {
        try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}

extension UpkeepRuns {
    /// Begins a run for a wish, or goes on with the one that was made for the same.
    ///
    /// What the service began by itself gives way to an operator.
    package func begin(
        _ kind: UpkeepRun.Kind,
        id: String,
        request: UpkeepRequest,
        now: Instant
    ) async throws(StoreError) -> RunBeginning {
        let run = UpkeepRun(kind, id: id, request: request, now: now)
        func isSame(_ standing: String) -> Bool {
            UpkeepRun(id: "", kind: kind, begunAt: now, request: standing).asked?.wish == request.wish
        }
        let beginning = try await begin(run, unless: isSame, now: now)
        guard case .occupied(let other) = beginning, request.origin == .operator,
            other.asked?.origin != .operator
        else { return beginning }
        _ = try await replace(other.left(.failed, reason: "gave way to \(id)", now: now))
        return try await begin(run, unless: isSame, now: now)
    }
}
