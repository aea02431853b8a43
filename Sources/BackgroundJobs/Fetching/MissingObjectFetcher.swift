package import Billing
package import Logging
import ServiceLifecycle
package import Storage
package import StripeAPI
import Traces

/// Fetches charges, refunds and payments that the feed lacks because no event showed them.
///
/// It works through the stored queue. No webhook response waits for it.
package struct MissingObjectFetcher: Service {
    private let store: any Store
    private let fetcher: StripeFetcher
    private let schedule: RetrySchedule
    private let logger: Logger
    private let clock: ClockJumpDetector
    private let random: @Sendable () -> Double

    /// At most 8 items every 2 seconds: about a tenth of what Stripe allows.
    private static let batchSize = 8
    private static let pause = Duration.seconds(2)
    /// Longer than one batch takes sequentially, so that no object is fetched twice at once.
    private static let leaseSeconds: Int64 = 300

    /// - Parameters:
    ///   - store: Holds the queue, and records what is fetched.
    ///   - stripe: The client for Stripe's API.
    ///   - livemode: The mode of this deployment; needed when the key's prefix does not show it.
    ///   - schedule: When to retry after a failure.
    ///   - logger: Gets a line for every object that is fetched, postponed or given up.
    ///   - now: Reads the current time.
    ///   - random: Returns a number of at least 0 and below 1.
    package init(
        store: any Store,
        stripe: StripeClient,
        livemode: Bool? = nil,
        schedule: RetrySchedule = RetrySchedule(baseSeconds: 5, capSeconds: 3600),
        logger: Logger,
        now: @escaping @Sendable () -> Instant,
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.store = store
        fetcher = StripeFetcher(
            store: store,
            stripe: stripe,
            livemode: stripe.livemode ?? livemode ?? false,
            now: now
        )
        self.schedule = schedule
        self.logger = logger
        clock = ClockJumpDetector(now: now)
        self.random = random
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await runOnce()
                } catch {
                    logger.error("fetch queue failed", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Fetches what is due now.
    ///
    /// - Returns: How many queue items were leased.
    @discardableResult
    package func runOnce() async throws(StoreError) -> Int {
        let start = clock.now
        if let latest = clock.bound(at: start, longestWait: longestWait) {
            try await store.reschedule(until: latest)
        }
        clock.resetBaseline(since: start)
        let items = try await store.lease(limit: Self.batchSize, now: start, seconds: Self.leaseSeconds)
        // Items whose lease has expired may be leased by another replica.
        for item in items where !Task.isCancelled && clock.now.seconds(since: start) < Self.leaseSeconds {
            try await TraceScope.withNewTrace { () async throws(StoreError) in try await work(on: item) }
        }
        return items.count
    }

    private var longestWait: Int64 {
        max(
            schedule.capSeconds,
            schedule.maxRetryAfterSeconds,
            Self.leaseSeconds,
            Self.refusedKeySeconds(afterAttempt: .max)
        )
    }

    private func work(on item: FetchJob) async throws(StoreError) {
        do {
            try await fetcher.perform(item.question, account: item.account)
        } catch {
            switch error {
            case .store(let error): throw error
            case .stripe(let error): try await settle(item, after: error)
            case .hopeless(let reason): try await giveUp(item, reason: "\(reason)")
            }
            return
        }
        try await store.complete(item)
        logger.info("fetched", metadata: metadata(item))
    }

    private func settle(_ item: FetchJob, after error: StripeAPIError) async throws(StoreError) {
        let attempt = item.attempts + 1
        switch decision(afterAttempt: attempt, error: error) {
        case .retry(let seconds):
            try await store.postpone(item, until: clock.now.adding(seconds: seconds), reason: "\(error)")
            logger.notice(
                "fetch failed, will retry",
                metadata: metadata(item).merging(
                    ["attempt": "\(attempt)", "seconds": "\(seconds)", "reason": "\(error)"]
                ) { $1 }
            )
        case .giveUp: try await giveUp(item, reason: "\(error)")
        }
    }

    private func giveUp(_ item: FetchJob, reason: String) async throws(StoreError) {
        try await store.giveUp(item, reason: reason)
        logger.error(
            "fetch failed, gave up",
            metadata: metadata(item).merging(["attempt": "\(item.attempts + 1)", "reason": "\(reason)"]) {
                $1
            }
        )
    }

    private func decision(afterAttempt attempt: Int, error: StripeAPIError) -> RetrySchedule.Decision {
        // The account is not connected (any more): no change to our key would grant access.
        if error.refusal?.code == "account_invalid" { return .giveUp }
        return switch error {
        // The operator must replace or extend the key; the object is not at fault.
        case .unauthorized, .forbidden, .accountRequired:
            .retry(afterSeconds: Self.refusedKeySeconds(afterAttempt: attempt))
        default: schedule.decision(afterAttempt: attempt, error: error, random: random())
        }
    }

    /// Ten minutes, doubled up to almost three hours.
    private static func refusedKeySeconds(afterAttempt attempt: Int) -> Int64 {
        600 << Int64(min(max(attempt - 1, 0), 4))
    }

    private func metadata(_ item: FetchJob) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "asked": "\(item.question.topic)", "object": "\(item.question.subject)",
        ]
        if let account = item.account { metadata["account"] = "\(account)" }
        return metadata
    }
}
