package import Billing
import JSON
package import StripeAPI
import Synchronization

/// Makes Stripe e-mail receipts by setting `receipt_email` on the charge, at most once a minute per charge.
///
/// The limit is kept in memory only. The idempotency key contains the charge and the minute, so Stripe sends
/// one e-mail even if several replicas ask, or one asks again after a restart or a lost answer.
package final class StripeReceiptMailer: ReceiptMailer {
    private typealias Outcome = Result<EmailAddress, ReceiptNotMailed>

    private struct Flight {
        let address: EmailAddress?
        let task: Task<Outcome, Never>
    }

    private struct State {
        var flights: [ReceiptTarget: Flight] = [:]
        /// When each charge's receipt was last sent; entries older than the pause are dropped.
        var sent: [Charge: Instant] = [:]
        /// Attempts without an answer from Stripe: the e-mail may have been sent.
        var unanswered: [Charge: Attempt] = [:]
    }

    private struct Attempt {
        let address: EmailAddress
        let startedAt: Instant
    }

    /// A charge, identified together with its account.
    private struct Charge: Hashable {
        let id: String
        let account: String?
    }

    private static let pauseSeconds: Int64 = 60
    private static let retryAfterSeconds: Int64 = 30
    /// Well below the 24 hours for which Stripe keeps an idempotency key.
    private static let unansweredSeconds: Int64 = 3600

    private let stripe: StripeClient
    private let state = Mutex(State())

    /// The timeouts of `stripe` must suit a person who waits.
    package init(stripe: StripeClient) { self.stripe = stripe }

    package func email(
        _ target: ReceiptTarget,
        to address: EmailAddress?,
        now: Instant
    ) async throws(ReceiptNotMailed) -> EmailAddress {
        // An unstructured task: a client that disconnects must not cancel the request that others await.
        let task: Task<Outcome, Never>? = state.withLock { state in
            if let flight = state.flights[target] { return flight.address == address ? flight.task : nil }
            let task = Task { () -> Outcome in
                let outcome: Outcome
                do throws(ReceiptNotMailed) {
                    outcome = .success(try await self.send(target, to: address, now: now))
                } catch {
                    outcome = .failure(error)
                }
                self.state.withLock { $0.flights[target] = nil }
                return outcome
            }
            state.flights[target] = Flight(address: address, task: task)
            return task
        }
        // A request for the same receipt to another address is in progress.
        guard let task else { throw .tooSoon(retryAfterSeconds: Self.pauseSeconds) }
        return try await task.value.get()
    }

    private func send(
        _ target: ReceiptTarget,
        to address: EmailAddress?,
        now: Instant
    ) async throws(ReceiptNotMailed) -> EmailAddress {
        let charge = Charge(id: try await chargeID(target), account: target.account)
        try checkPause(charge, now)
        let address = if let address { address } else { try await knownAddress(charge) }
        let startedAt = startOfAttempt(charge, address, now)
        do {
            _ = try await stripe.emailReceipt(
                ofCharge: charge.id,
                to: address.text,
                // Stripe limits a key to 255 characters, and an id may be nearly as long.
                idempotencyKey:
                    "receipt-email-\(startedAt.unixSeconds / Self.pauseSeconds)-\(charge.id.suffix(200))",
                account: charge.account
            )
        } catch {
            let isUnanswered = Self.isUnanswered(error)
            state.withLock { state in
                state.unanswered[charge] =
                    isUnanswered ? Attempt(address: address, startedAt: startedAt) : nil
            }
            throw Self.reason(error, now: now)
        }
        state.withLock { state in
            state.sent = state.sent.filter { now.seconds(since: $0.value) < Self.pauseSeconds }
            state.sent[charge] = now
            state.unanswered[charge] = nil
        }
        return address
    }

    /// The start of the unanswered attempt that this one repeats, or now.
    ///
    /// The same start gives the same key, and Stripe sends one e-mail for both.
    private func startOfAttempt(_ charge: Charge, _ address: EmailAddress, _ now: Instant) -> Instant {
        state.withLock { state in
            state.unanswered = state.unanswered.filter {
                now.seconds(since: $0.value.startedAt) < Self.unansweredSeconds
            }
            let attempt = state.unanswered[charge]
            return attempt?.address == address ? attempt?.startedAt ?? now : now
        }
    }

    private static func isUnanswered(_ error: StripeAPIError) -> Bool {
        switch error {
        case .transport(.unsendable): false
        case .transport, .notAnObject, .wrongObject: true
        default: false
        }
    }

    private func checkPause(_ charge: Charge, _ now: Instant) throws(ReceiptNotMailed) {
        guard let last = state.withLock({ $0.sent[charge] }) else { return }
        let left = Self.pauseSeconds - now.seconds(since: last)
        // If the clock was set back, do not block for longer than the pause.
        if left > 0 { throw .tooSoon(retryAfterSeconds: min(left, Self.pauseSeconds)) }
    }

    // MARK: What Stripe knows

    private func chargeID(_ target: ReceiptTarget) async throws(ReceiptNotMailed) -> String {
        switch target.object.kind {
        case .charge: return target.object.id
        case .paymentIntent:
            let intent = try await ask { () async throws(StripeAPIError) in
                try await self.stripe.paymentIntent(target.object.id, account: target.account)
            }
            // An expanded charge; nil before there is one.
            let charge = try read(intent) { $0["latest_charge"]?.string("id") }
            guard let charge else { throw .noCharge }
            return charge
        default: throw .noCharge
        }
    }

    /// The address of the last receipt, or else the billing e-mail of the payment.
    private func knownAddress(_ charge: Charge) async throws(ReceiptNotMailed) -> EmailAddress {
        let body = try await ask { () async throws(StripeAPIError) in
            try await self.stripe.charge(charge.id, account: charge.account)
        }
        let known = try read(body) { charge in
            [charge.string("receipt_email"), charge["billing_details"]?.string("email")].compactMap(\.self)
        }
        guard let address = known.lazy.compactMap(EmailAddress.init).first else { throw .noAddress }
        return address
    }

    private func ask(
        _ request: () async throws(StripeAPIError) -> [UInt8]
    ) async throws(ReceiptNotMailed) -> [UInt8] {
        do {
            return try await request()
        } catch {
            throw Self.reason(error, now: nil)
        }
    }

    private func read<Value>(
        _ body: [UInt8],
        _ value: (JSONValue) -> Value
    ) throws(ReceiptNotMailed) -> Value {
        do {
            return try JSONValue.read(body, value)
        } catch {
            throw .unavailable(
                reason: "Stripe's answer cannot be read",
                retryAfterSeconds: Self.retryAfterSeconds
            )
        }
    }

    /// Translates Stripe's error for the caller.
    ///
    /// `now` is `nil` for read requests.
    private static func reason(_ error: StripeAPIError, now: Instant?) -> ReceiptNotMailed {
        switch error {
        case .invalidArgument(.emailAddress): return .addressRefused
        case .rejected(let refusal)
        where refusal.parameter == "receipt_email" || refusal.code == "email_invalid":
            return .addressRefused
        case .rejected(let refusal) where refusal.type == "idempotency_error",
            .conflict(let refusal)
        where refusal.type == "idempotency_error":
            // Another request, perhaps of another replica, used this minute's key with another address.
            let left = now.map { pauseSeconds - $0.unixSeconds % pauseSeconds } ?? pauseSeconds
            return .tooSoon(retryAfterSeconds: left)
        case .notFound: return .noCharge
        case .unauthorized, .forbidden, .accountRequired: return .keyRefused(reason: "\(error)")
        default:
            let asked = error.refusal?.retryAfterSeconds ?? 0
            return .unavailable(
                reason: "\(error)",
                retryAfterSeconds: max(min(asked, 3600), retryAfterSeconds)
            )
        }
    }
}
