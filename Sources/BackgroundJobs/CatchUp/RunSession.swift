import Billing
import Logging
import Storage
import StripeAPI

/// Why a page could not be read.
enum PageFault: Error {
    /// Stripe refuses this list; others may work.
    case listRefused(String)
    /// The object at the cursor no longer exists.
    case cursorUnknown
    case interrupted(Interruption)
}

/// One execution of a backfill or a reconciliation: asks Stripe at a limited rate.
///
/// Not thread-safe: only one task may use it.
final class RunSession {
    let store: any Store
    let request: JobRequest
    /// The mode of objects without a `livemode` field, such as refunds.
    let livemode: Bool
    let logger: Logger
    var progress: JobProgress

    private let execution: JobExecution
    private let stripe: StripeClient
    private let runtime: JobRunner.Runtime
    private var pacer: RequestPacer

    private static let schedule = RetrySchedule(
        maxAttempts: 8,
        baseSeconds: 1,
        capSeconds: 60,
        maxRetryAfterSeconds: 600
    )

    init(
        _ execution: JobExecution,
        store: any Store,
        stripe: StripeClient,
        livemode: Bool,
        runtime: JobRunner.Runtime,
        logger: Logger
    ) throws(Interruption) {
        guard let request = execution.job.asked else { throw .unreadable }
        self.execution = execution
        self.store = store
        self.stripe = stripe
        self.request = request
        self.livemode = livemode
        self.runtime = runtime
        self.logger = logger
        // Progress of another version cannot be decoded: start from the beginning.
        progress = execution.job.reached ?? JobProgress()
        progress.failure = nil
        pacer = RequestPacer(
            requestsPerSecond: min(
                max(request.requestsPerSecond, 0.01),
                JobRequest.fastestRequestsPerSecond
            )
        )
    }

    var now: Instant { runtime.now() }
    var account: String? { request.parameters.account }
    var context: FetchContext {
        FetchContext(account: account, livemode: livemode, apiVersion: stripe.version.text, now: now)
    }

    var job: Job { execution.job }

    /// Stores the progress and renews the lease.
    func keep(forSeconds seconds: Int64? = nil) async throws(Interruption) {
        execution.update(progress)
        try await execution.keep(forSeconds: seconds)
    }

    // MARK: Stripe

    /// Reads a page of a list, with retries.
    func page(of listing: StripeListing, _ paging: StripePaging) async throws(PageFault) -> StripePage {
        try await ask(hasCursor: paging.cursor != nil) { stripe, account throws(StripeAPIError) in
            try await stripe.page(of: listing, paging, account: account)
        }
    }

    /// Reads one object's current state, with retries.
    ///
    /// - Returns: `nil` when Stripe has no such object.
    func object(_ reference: ObjectReference) async throws(PageFault) -> StripeAnswer? {
        try await ask { stripe, account throws(StripeAPIError) in
            do throws(StripeAPIError) {
                return try await stripe.object(reference, account: account)
            } catch {
                guard case .notFound = error else { throw error }
                return nil
            }
        }
    }

    private func ask<Answer: Sendable>(
        hasCursor: Bool = false,
        _ question: (StripeClient, String?) async throws(StripeAPIError) -> Answer
    ) async throws(PageFault) -> Answer {
        let path: String?
        do {
            path = try await store.path(to: account, for: stripe)
        } catch {
            throw .interrupted(.store(error))
        }
        var attempt = 0
        while true {
            if let most = request.maxRequests, progress.requests >= most {
                throw .interrupted(.needsWord(Self.budgetSpent(most)))
            }
            try await wait(pacer.delay(now: runtime.uptime()))
            attempt += 1
            progress.requests += 1
            let failure: StripeAPIError
            do throws(StripeAPIError) {
                return try await question(stripe, path)
            } catch {
                failure = error
            }
            guard let seconds = try pause(after: failure, attempt: attempt, hasCursor: hasCursor) else {
                continue
            }
            logger.notice(
                "request to Stripe failed, will retry",
                metadata: ["job": "\(job.id)", "seconds": "\(seconds)", "reason": "\(failure)"]
            )
            if case .rateLimited = failure { pacer.pause(for: .seconds(seconds), now: runtime.uptime()) }
            try await wait(.seconds(seconds))
        }
    }

    /// Seconds to wait before the next attempt.
    private func pause(
        after failure: StripeAPIError,
        attempt: Int,
        hasCursor: Bool
    ) throws(PageFault) -> Int64? {
        switch failure {
        case .transport(.cancelled), .transport(.shuttingDown): throw .interrupted(.stopped)
        case .rejected(let refusal), .notFound(let refusal):
            if hasCursor, refusal.parameter == "starting_after" { throw .cursorUnknown }
        // A repeated request would get the same oversized answer.
        case .transport(.bodyTooLarge), .transport(.headersTooLarge): throw .listRefused("\(failure)")
        default: break
        }
        let decision = Self.schedule.decision(
            afterAttempt: attempt,
            error: failure,
            random: runtime.random()
        )
        if case .retry(let seconds) = decision { return seconds }
        throw switch failure {
        case .unauthorized, .accountRequired: .interrupted(.keyRefused(failure))
        case .rateLimited, .conflict, .serverFault, .transport: .interrupted(.stripeUnavailable(failure))
        default: .listRefused("\(failure)" + (failure.refusal?.parameter.map { " for \($0)" } ?? ""))
        }
    }

    private func wait(_ duration: Duration) async throws(PageFault) {
        guard duration > .zero else { return }
        do {
            if duration > .seconds(1) {
                try await keep(forSeconds: execution.leaseSeconds + duration.components.seconds)
            }
        } catch {
            throw .interrupted(error)
        }
        do {
            try await runtime.sleep(duration)
        } catch {
            throw .interrupted(.stopped)
        }
    }

    /// Waits, and renews the lease for waits over one second.
    func rest(_ duration: Duration) async throws(Interruption) {
        do throws(PageFault) {
            try await wait(duration)
        } catch {
            guard case .interrupted(let interruption) = error else { throw .stopped }
            throw interruption
        }
    }

    private static func budgetSpent(_ most: Int) -> String {
        "\(most) requests were made, which is the limit. It continues from there with --max-requests N or --yes."
    }
}
