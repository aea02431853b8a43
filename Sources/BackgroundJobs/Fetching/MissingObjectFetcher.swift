import Billing
package import Logging
package import Storage
package import StripeAPI

/// Fetches charges, refunds and payments that the feed lacks because no event showed them.
///
/// No webhook response waits for it.
package struct MissingObjectFetcher: JobWorker {
    private let fetcher: StripeFetcher
    private let schedule: RetrySchedule
    private let runtime: JobRunner.Runtime
    private let logger: Logger

    package let kinds = [Job.Kind.fetch]
    /// Longer than one batch takes sequentially, so that no object is fetched twice at once.
    package let leaseSeconds: Int64 = 300
    /// At most 8 objects every 2 seconds: about a tenth of what Stripe allows.
    package let batchSize = 8
    package let pause = Duration.seconds(2)

    /// - Parameters:
    ///   - store: Records what is fetched.
    ///   - stripe: The client for Stripe's API.
    ///   - livemode: The mode of this deployment; needed when the key's prefix does not show it.
    ///   - schedule: When to retry after a failure.
    ///   - runtime: Clock and randomness.
    ///   - logger: Gets a line for every object that is fetched, postponed or given up.
    package init(
        store: any Store,
        stripe: StripeClient,
        livemode: Bool? = nil,
        schedule: RetrySchedule = RetrySchedule(baseSeconds: 5, capSeconds: 3600),
        runtime: JobRunner.Runtime,
        logger: Logger
    ) {
        fetcher = StripeFetcher(
            store: store,
            stripe: stripe,
            livemode: stripe.livemode ?? livemode ?? false,
            now: runtime.now
        )
        self.schedule = schedule
        self.runtime = runtime
        self.logger = logger
    }

    package var longestWait: Int64 {
        max(
            schedule.capSeconds,
            schedule.maxRetryAfterSeconds,
            leaseSeconds,
            Self.refusedKeySeconds(afterAttempt: .max)
        )
    }

    package func perform(_ execution: JobExecution) async throws(Interruption) -> JobOutcome {
        let job = execution.job
        guard let key = job.fetchKey else {
            let due = runtime.now().adding(seconds: leaseSeconds)
            return .retry(at: due, reason: "only a later version of console-billing can read it")
        }
        do {
            try await fetcher.perform(key.question, account: key.account.orNil)
        } catch {
            if Task.isCancelled { throw .stopped }
            switch error {
            case .store(let error): throw .store(error)
            case .stripe(let error): return outcome(of: error, job)
            case .hopeless(let reason): return giveUp(job, reason: "\(reason)")
            }
        }
        logger.info("fetched", metadata: metadata(job))
        return .removed
    }

    private func outcome(of error: StripeAPIError, _ job: Job) -> JobOutcome {
        guard case .retry(let seconds) = decision(afterAttempt: job.attempts, error: error) else {
            return giveUp(job, reason: "\(error)")
        }
        logger.notice(
            "fetch failed, will retry",
            metadata: metadata(job).merging(
                ["attempt": "\(job.attempts)", "seconds": "\(seconds)", "reason": "\(error)"]
            ) { $1 }
        )
        return .retry(at: runtime.now().adding(seconds: seconds), reason: "\(error)")
    }

    private func giveUp(_ job: Job, reason: String) -> JobOutcome {
        logger.error(
            "fetch failed, gave up",
            metadata: metadata(job).merging(["attempt": "\(job.attempts)", "reason": "\(reason)"]) { $1 }
        )
        return .failed(reason: reason)
    }

    private func decision(afterAttempt attempt: Int, error: StripeAPIError) -> RetrySchedule.Decision {
        // The account is not connected (any more): no change to our key would grant access.
        if error.refusal?.code == "account_invalid" { return .giveUp }
        return switch error {
        // The operator must replace or extend the key; the object is not at fault.
        case .unauthorized, .forbidden, .accountRequired:
            .retry(afterSeconds: Self.refusedKeySeconds(afterAttempt: attempt))
        default: schedule.decision(afterAttempt: attempt, error: error, random: runtime.random())
        }
    }

    /// Ten minutes, doubled up to almost three hours.
    private static func refusedKeySeconds(afterAttempt attempt: Int) -> Int64 {
        600 << Int64(min(max(attempt - 1, 0), 4))
    }

    private func metadata(_ job: Job) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["job": "\(job.id)"]
        if let account = job.fetchKey?.account.orNil { metadata["account"] = "\(account)" }
        return metadata
    }
}
