import HTTPClient
import StripeAPI

/// What an attempt at telling an alert came to.
enum AlertDelivery: Sendable, Equatable {
    case delivered
    /// 410: the receiver wants it no more.
    case gone
    case retry(afterSeconds: Int64, reason: String)
    /// The process is being stopped: it was no attempt.
    case interrupted

    /// Without an end: whatever is wrong with a receiver, somebody may mend it, and there is at most one alert of a line
    /// that waits.
    static let schedule = RetrySchedule(
        maxAttempts: .max,
        baseSeconds: 5,
        capSeconds: 3600,
        maxRetryAfterSeconds: 86_400
    )

    /// The most that an attempt is ever put off.
    static var longestWait: Int64 { max(schedule.capSeconds, schedule.maxRetryAfterSeconds) }

    /// - Parameters:
    ///   - answer: What the receiver answered, if it did.
    ///   - attempt: 1 for the first.
    ///   - now: The present, in unix seconds.
    ///   - random: A fresh number, at least 0 and below 1.
    init(
        _ answer: Result<TransportResponse, TransportError>,
        attempt: Int,
        now: Int64,
        random: Double
    ) {
        func retry(_ reason: String, asked: Int64? = nil) -> AlertDelivery {
            let seconds = Self.schedule.wait(afterAttempt: attempt, askedSeconds: asked, random: random)
            return .retry(afterSeconds: seconds, reason: reason)
        }
        switch answer {
        case .failure(.cancelled), .failure(.shuttingDown): self = .interrupted
        case .failure(let error): self = retry("\(error)")
        case .success(let response):
            let asked = response.headers["Retry-After"].flatMap { RetryAfter.seconds($0, now: now) }
            self =
                switch response.status {
                case 200...299: .delivered
                case 410: .gone
                // Followed, a redirect would tell somebody else.
                case 300...399: retry("answered \(response.status), which is not followed", asked: asked)
                case let status: retry("answered \(status)", asked: asked)
                }
        }
    }
}
