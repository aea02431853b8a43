import Billing
import HTTPTypes
import Storage
import Synchronization

/// The limits as they apply to one request: its cost, the caller it is charged to, and the turn to give back
/// at its end.
///
/// The authentication code charges the caller, before other work is done for the request.
final class RequestAllowance: Sendable {
    private struct State {
        var cost = RouteCost.free
        var bucket: TokenBucket?
        var reading: LimitedCaller?
        var refusal: (code: String, seconds: Int64)?
    }

    private let limits: RequestLimits
    private let address: NetworkAddress?
    private let now: Instant
    private let state = Mutex(State())

    init(_ limits: RequestLimits, from address: NetworkAddress?, now: Instant) {
        self.limits = limits
        self.address = address
        self.now = now
    }

    /// The cost of the route; free until a route handles the request.
    var cost: RouteCost {
        get { state.withLock { $0.cost } }
        set { state.withLock { $0.cost = newValue } }
    }

    /// Charges a known caller, and waits for a turn if the route is an expensive one.
    ///
    /// - Throws: ``APIError``: 429.
    func admit(_ caller: LimitedCaller) async throws(APIError) {
        let cost = cost
        guard cost != .free else { return }
        try charge(caller, cost.rawValue)
        guard cost == .range, state.withLock({ $0.reading == nil }) else { return }
        do throws(HeavyReads.Refusal) {
            try await limits.heavyReads.enter(caller)
        } catch {
            if error == .tooMany, let bucket = limits.giveBack(cost.rawValue, to: caller) {
                state.withLock { $0.bucket = bucket }
            }
            throw refused(
                error == .tooMany ? "service_busy" : "reports_at_once",
                error == .tooMany
                    ? "Too many reports are running at once."
                    : "You have asked for too many reports at once. Wait for some of them.",
                after: 1
            )
        }
        state.withLock { $0.reading = caller }
    }

    /// Charges the customer whose signed link the caller has; the request's address if there is no customer.
    func admit(owner: CustomerKey?) async throws(APIError) {
        try await admit(owner.map { .customer($0) } ?? .stranger(address))
    }

    /// Charges the request's address, for a missing or unknown credential; one unit, because a refusal is
    /// cheap.
    func chargeAddress() throws(APIError) {
        guard cost != .free else { return }
        try charge(.stranger(address), RouteCost.row.rawValue)
    }

    /// Gives back the turn, if the request has one.
    func end() {
        if let caller = state.withLock({ $0.reading.take() }) { limits.heavyReads.leave(caller) }
    }

    private func charge(_ caller: LimitedCaller, _ units: Int64) throws(APIError) {
        let taken = limits.take(units, of: caller, now: now)
        state.withLock { $0.bucket = taken.bucket }
        if taken.callerSeconds > 0 {
            throw refused(
                "rate_limited",
                "You have made too many requests within a minute.",
                after: taken.callerSeconds
            )
        }
        if taken.processSeconds > 0 {
            throw refused(
                "service_busy",
                "All callers together make too many requests.",
                after: taken.processSeconds
            )
        }
    }

    private func refused(_ code: String, _ message: String, after seconds: Int64) -> APIError {
        state.withLock { $0.refusal = (code, seconds) }
        return APIError(
            .tooManyRequests,
            code,
            "\(message) Try again in \(seconds) second\(seconds == 1 ? "" : "s").",
            headers: [.retryAfter: String(seconds)]
        )
    }

    /// The code of the refusal; `nil` if the request was admitted.
    var refusal: String? { state.withLock { $0.refusal?.code } }

    /// The `RateLimit-Policy` and `RateLimit` headers of the IETF's draft.
    ///
    /// They have the quota and its window, the remaining units, and the seconds until all are restored or, if too
    /// few remain, until a repetition is admitted: `Retry-After` should not be earlier than that time. A refusal for
    /// another reason has no such seconds, because the caller's units do not decide when a repetition is admitted.
    /// <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>
    var fields: HTTPFields {
        let (bucket, refusal) = state.withLock { ($0.bucket, $0.refusal) }
        guard let bucket else { return [:] }
        let seconds: Int64? =
            refusal.map { $0.code == "rate_limited" ? $0.seconds : nil } ?? bucket.secondsUntilFull
        return [
            .rateLimitPolicy: "\"caller\";q=\(bucket.limit);w=\(TokenBucket.window)",
            .rateLimit: "\"caller\";r=\(bucket.remaining)" + (seconds.map { ";t=\($0)" } ?? ""),
        ]
    }
}
