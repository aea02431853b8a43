import HTTPClient
import StripeAPI

/// The result of one attempt to send an alert.
enum AlertDelivery: Sendable, Equatable {
    case delivered
    /// The receiver answered 410: it wants no more alerts.
    case gone
    case retry(afterSeconds: Int64, reason: String)
    /// The process is stopping, so this does not count as an attempt.
    case interrupted

    /// Retries never end: an operator may repair the receiver at any time, and at most one alert per topic is
    /// retried at a time.
    static let schedule = RetrySchedule(
        maxAttempts: .max,
        baseSeconds: 5,
        capSeconds: 3600,
        maxRetryAfterSeconds: 86_400
    )

    /// The longest delay before a retry, in seconds.
    static var longestWait: Int64 { max(schedule.capSeconds, schedule.maxRetryAfterSeconds) }

    /// - Parameters:
    ///   - answer: The receiver's response, or why there is none.
    ///   - attempt: 1 for the first.
    ///   - now: The current time in Unix seconds, to read a `Retry-After` that is a date.
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
                // A redirect could lead the alert to another host.
                case 300...399: retry("answered \(response.status), which is not followed", asked: asked)
                case let status: retry("answered \(status)", asked: asked)
                }
        }
    }
}
