import HTTPClient
import StripeAPI

/// The receiver's reaction to an event that was passed on to it.
enum ForwardAnswer: Sendable, Equatable {
    case accepted
    /// The receiver works, and does not take this event.
    case refused(status: Int)
    /// The receiver does not answer, or is in trouble: no event can be passed on to it now.
    case unavailable(reason: String, retryAfterSeconds: Int64?)
    /// Nothing was sent: the customer of the event was erased, or its body was purged for its age.
    case bodyGone
    /// The process is stopping.
    case interrupted

    /// How long to wait for a receiver in trouble.
    static let unavailability = RetrySchedule(maxAttempts: .max, baseSeconds: 1, capSeconds: 300)
    /// How long to wait until an event is passed on again that the receiver refused.
    static let refusal = RetrySchedule(maxAttempts: .max, baseSeconds: 10, capSeconds: 3600)
    /// Stripe stops after three days as well: <https://docs.stripe.com/webhooks#automatic-retries>.
    static let patienceSeconds: Int64 = 3 * 86_400

    init(_ answer: Result<TransportResponse, TransportError>, now: Int64) {
        switch answer {
        case .failure(.cancelled), .failure(.shuttingDown): self = .interrupted
        case .failure(let error): self = .unavailable(reason: "\(error)", retryAfterSeconds: nil)
        case .success(let response):
            let asked = response.headers["Retry-After"].flatMap { RetryAfter.seconds($0, now: now) }
            switch response.status {
            case 200...299: self = .accepted
            case 400...499 where ![408, 425, 429].contains(response.status):
                self = .refused(status: response.status)
            // A redirect could lead the event to another host, so it is not followed.
            default: self = .unavailable(reason: "answered \(response.status)", retryAfterSeconds: asked)
            }
        }
    }
}
