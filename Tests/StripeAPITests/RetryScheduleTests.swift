import StripeAPI
import Testing

struct RetryScheduleTests {
    let schedule = RetrySchedule(maxAttempts: 6, baseSeconds: 2, capSeconds: 12, maxRetryAfterSeconds: 100)

    static let worthRetrying: [StripeAPIError] = [
        .conflict(StripeRefusal(status: 409)),
        .rateLimited(StripeRefusal(status: 429)),
        .rateLimited(StripeRefusal(status: 429, rateLimitedReason: "global-rate")),
        .serverFault(StripeRefusal(status: 500)),
        .serverFault(StripeRefusal(status: 503)),
        .transport(.timedOut), .transport(.couldNotConnect), .transport(.tls), .transport(.connectionLost),
        .transport(.bodyTooLarge), .transport(.headersTooLarge), .transport(.queueFull),
        .transport(.cancelled),
        .transport(.shuttingDown), .transport(.other(code: 1)),
        .notAnObject(requestID: nil), .notAList(requestID: nil), .wrongObject(requestID: nil),
        .rejected(StripeRefusal(status: 400, shouldRetry: true)),
        .notFound(StripeRefusal(status: 404, shouldRetry: true)),
    ]

    static let hopeless: [StripeAPIError] = [
        .rejected(StripeRefusal(status: 400)), .rejected(StripeRefusal(status: 402)),
        .unauthorized(StripeRefusal(status: 401)), .forbidden(StripeRefusal(status: 403)),
        .notFound(StripeRefusal(status: 404)),
        .unexpectedStatus(302), .accountRequired, .invalidArgument(.path), .invalidArgument(.cursor),
        .transport(.unsendable(.url)),
        .serverFault(StripeRefusal(status: 500, shouldRetry: false)),
        .rateLimited(StripeRefusal(status: 429, shouldRetry: false, retryAfterSeconds: 1)),
        .conflict(StripeRefusal(status: 409, shouldRetry: false)),
    ]

    @Test(arguments: worthRetrying)
    func `retries what may pass, and what Stripe says to`(error: StripeAPIError) {
        #expect(schedule.decision(afterAttempt: 1, error: error, random: 0) == .retry(afterSeconds: 1))
    }

    @Test(arguments: hopeless)
    func `gives up on what will not change, and on what Stripe says not to retry`(error: StripeAPIError) {
        #expect(schedule.decision(afterAttempt: 1, error: error, random: 0) == .giveUp)
    }

    @Test(arguments: [(1, 2), (2, 4), (3, 8), (4, 12), (5, 12)])
    func `waits up to a ceiling that doubles as far as the cap`(attempt: Int, ceiling: Int64) {
        let error = StripeAPIError.transport(.timedOut)
        #expect(schedule.decision(afterAttempt: attempt, error: error, random: 0) == .retry(afterSeconds: 1))
        #expect(
            schedule.decision(afterAttempt: attempt, error: error, random: 0.5)
                == .retry(afterSeconds: 1 + ceiling / 2)
        )
        #expect(
            schedule.decision(afterAttempt: attempt, error: error, random: 0.999_999)
                == .retry(afterSeconds: ceiling)
        )
    }

    @Test func `gives up after the last attempt, even when Stripe says to retry`() {
        let error = StripeAPIError.serverFault(StripeRefusal(status: 500, shouldRetry: true))
        #expect(schedule.decision(afterAttempt: 5, error: error, random: 0) == .retry(afterSeconds: 1))
        #expect(schedule.decision(afterAttempt: 6, error: error, random: 0) == .giveUp)
    }

    @Test(arguments: [(0, 1), (7, 7), (100, 100), (101, 100), (.max, 100)] as [(Int64, Int64)])
    func `waits at least as long as Retry-After says, up to a limit`(told: Int64, waited: Int64) {
        let error = StripeAPIError.rateLimited(StripeRefusal(status: 429, retryAfterSeconds: told))
        #expect(schedule.decision(afterAttempt: 1, error: error, random: 0) == .retry(afterSeconds: waited))
    }

    @Test func `no attempt and no draw overflows`() {
        let boundless = RetrySchedule(maxAttempts: .max, baseSeconds: 1, capSeconds: 31_536_000)
        let error = StripeAPIError.transport(.timedOut)
        for attempt in [Int.min, 0, 63, 64, 1_000_000, Int.max - 1] {
            for random in [-1.0, 0, 1, 2] {
                #expect(boundless.decision(afterAttempt: attempt, error: error, random: random) != .giveUp)
            }
        }
    }
}
