package import Billing
package import Logging
import ServiceLifecycle
package import Storage
package import StripeAPI
import Traces

/// Fetches what the feed is missing: charges, refunds and payments that no event told of.
///
/// Works off the durable queue at its own pace. No acknowledgement ever waits for it.
package struct Enrichment: Service {
    private let store: any Store
    private let inquirer: Inquirer
    private let schedule: RetrySchedule
    private let logger: Logger
    private let clock: ClockWatch
    private let random: @Sendable () -> Double

    /// How many are asked for at a time, and how often: a tenth of what Stripe allows.
    private static let batchSize = 8
    private static let pause = Duration.seconds(2)
    /// Longer than a batch takes, one request after another, so that nothing is fetched twice at once.
    private static let leaseSeconds: Int64 = 300

    /// - Parameters:
    ///   - store: Holds the work, and takes what is fetched.
    ///   - stripe: Is asked.
    ///   - livemode: The mode that is served; needed where the key's prefix does not say which mode it sees.
    ///   - schedule: When to ask again after a failure.
    ///   - logger: Is told of everything that is fetched, put off or given up.
    ///   - now: The clock.
    ///   - random: Draws a number, at least 0 and below 1.
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
        inquirer = Inquirer(
            store: store,
            stripe: stripe,
            livemode: stripe.livemode ?? livemode ?? false,
            now: now
        )
        self.schedule = schedule
        self.logger = logger
        clock = ClockWatch(now: now)
        self.random = random
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await runOnce()
                } catch {
                    logger.error("work queue", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Does what is due now.
    ///
    /// - Returns: How many items were taken up.
    @discardableResult
    package func runOnce() async throws(StoreError) -> Int {
        let start = clock.now
        if let latest = clock.bound(at: start, longestWait: longestWait) {
            try await store.hasten(until: latest)
        }
        clock.isTrusted(since: start)
        let items = try await store.lease(limit: Self.batchSize, now: start, seconds: Self.leaseSeconds)
        // What the lease runs out on is for whoever leases it next.
        for item in items where !Task.isCancelled && clock.now.seconds(since: start) < Self.leaseSeconds {
            try await Trail.begin { () async throws(StoreError) in try await work(on: item) }
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

    private func work(on item: WorkItem) async throws(StoreError) {
        do {
            try await inquirer.pursue(item.question, account: item.account)
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

    private func settle(_ item: WorkItem, after error: StripeAPIError) async throws(StoreError) {
        let attempt = item.attempts + 1
        switch decision(afterAttempt: attempt, error: error) {
        case .retry(let seconds):
            try await store.postpone(item, until: clock.now.adding(seconds: seconds), reason: "\(error)")
            logger.notice(
                "will fetch later",
                metadata: metadata(item).merging(
                    ["attempt": "\(attempt)", "seconds": "\(seconds)", "reason": "\(error)"]
                ) { $1 }
            )
        case .giveUp: try await giveUp(item, reason: "\(error)")
        }
    }

    private func giveUp(_ item: WorkItem, reason: String) async throws(StoreError) {
        try await store.giveUp(item, reason: reason)
        logger.error(
            "gave up fetching",
            metadata: metadata(item).merging(["attempt": "\(item.attempts + 1)", "reason": "\(reason)"]) {
                $1
            }
        )
    }

    private func decision(afterAttempt attempt: Int, error: StripeAPIError) -> RetrySchedule.Decision {
        // An account that is not connected, or no longer: no change to our key would let it see what is asked for.
        if error.refusal?.code == "account_invalid" { return .giveUp }
        return switch error {
        // A key that is refused is the operator's to mend, and no fault of the object's.
        case .unauthorized, .forbidden, .accountRequired:
            .retry(afterSeconds: Self.refusedKeySeconds(afterAttempt: attempt))
        default: schedule.decision(afterAttempt: attempt, error: error, random: random())
        }
    }

    /// Ten minutes, doubled up to almost three hours.
    private static func refusedKeySeconds(afterAttempt attempt: Int) -> Int64 {
        600 << Int64(min(max(attempt - 1, 0), 4))
    }

    private func metadata(_ item: WorkItem) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "asked": "\(item.question.topic)", "object": "\(item.question.subject)",
        ]
        if let account = item.account { metadata["account"] = "\(account)" }
        return metadata
    }
}
