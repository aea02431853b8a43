package import Billing
package import Logging
import ServiceLifecycle
package import Storage
package import StripeAPI

/// Fetches what the feed is missing: the charge behind a payment of which only the PaymentIntent arrived.
///
/// Works off the durable queue at its own pace. No acknowledgement ever waits for it.
package struct Enrichment: Service {
    private let store: any Store
    private let stripe: StripeClient
    private let schedule: RetrySchedule
    private let logger: Logger
    private let now: @Sendable () -> Instant
    private let random: @Sendable () -> Double

    /// How many are asked for at a time, and how often: a tenth of what Stripe allows.
    private static let batchSize = 8
    private static let pause = Duration.seconds(2)
    /// Longer than a batch may take, one request after another, so that nothing is fetched twice at once.
    private static let leaseSeconds: Int64 = 300
    private static let refusedKeySeconds: Int64 = 600

    package init(
        store: any Store,
        stripe: StripeClient,
        schedule: RetrySchedule = RetrySchedule(baseSeconds: 5, capSeconds: 3600),
        logger: Logger,
        now: @escaping @Sendable () -> Instant,
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.store = store
        self.stripe = stripe
        self.schedule = schedule
        self.logger = logger
        self.now = now
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
        let items = try await store.lease(limit: Self.batchSize, now: now(), seconds: Self.leaseSeconds)
        for item in items where !Task.isCancelled { try await work(on: item) }
        return items.count
    }

    private func work(on item: WorkItem) async throws(StoreError) {
        let object: [UInt8]
        do {
            object = try await fetch(item)
        } catch {
            try await settle(item, after: error)
            return
        }
        guard let delivered = delivery(of: object, for: item) else {
            // Left to fail, it would hold up all the others each time that it is due.
            let reason = "no event can be made of Stripe's answer"
            try await store.giveUp(item, reason: reason)
            logger.error(
                "gave up fetching",
                metadata: ["object": "\(item.reference.id)", "reason": "\(reason)"]
            )
            return
        }
        _ = try await store.record(delivered)
        try await store.complete(item)
        logger.info("fetched", metadata: ["object": "\(item.reference.id)"])
    }

    private func fetch(_ item: WorkItem) async throws(StripeAPIError) -> [UInt8] {
        switch item.reference.kind {
        case .charge: try await stripe.charge(item.reference.id, account: item.account)
        case .invoice: try await stripe.invoice(item.reference.id, account: item.account)
        default: try await stripe.paymentIntent(item.reference.id, account: item.account)
        }
    }

    private func delivery(of object: [UInt8], for item: WorkItem) -> DeliveredEvent? {
        let now = now()
        let body = FetchedObject.eventBody(
            showing: item.reference,
            object: object,
            id: "fetched_" + String(UInt64.random(in: .min ... .max), radix: 36)
                + String(UInt64.random(in: .min ... .max), radix: 36),
            account: item.account,
            apiVersion: StripeAPIVersion.pinned.text,
            now: now
        )
        return (try? EventCoding.decode(body)).map {
            DeliveredEvent(event: $0, payload: body, receivedAt: now, source: .api)
        }
    }

    /// A key that is refused is the operator's to mend, and no fault of the object's.
    private func decision(afterAttempt attempt: Int, error: StripeAPIError) -> RetrySchedule.Decision {
        switch error {
        case .unauthorized, .forbidden: .retry(afterSeconds: Self.refusedKeySeconds)
        default: schedule.decision(afterAttempt: attempt, error: error, random: random())
        }
    }

    private func settle(_ item: WorkItem, after error: StripeAPIError) async throws(StoreError) {
        let attempt = item.attempts + 1
        switch decision(afterAttempt: attempt, error: error) {
        case .retry(let seconds):
            try await store.postpone(item, until: now().adding(seconds: seconds), reason: "\(error)")
            logger.notice(
                "will fetch later",
                metadata: [
                    "object": "\(item.reference.id)", "attempt": "\(attempt)", "seconds": "\(seconds)",
                    "reason": "\(error)",
                ]
            )
        case .giveUp:
            try await store.giveUp(item, reason: "\(error)")
            logger.error(
                "gave up fetching",
                metadata: [
                    "object": "\(item.reference.id)", "attempt": "\(attempt)", "reason": "\(error)",
                ]
            )
        }
    }
}
