import Billing
import HTTPClient
import StripeAPI
import StripeStandIn
import Synchronization
import BackgroundJobs

extension WebHarness {
    /// Runs `body` against a service that asks a stand-in for Stripe, which knows the objects of
    /// `events`; the service has been sent the events.
    static func withStandIn<Result>(
        _ events: [MadeEvent],
        configuration: StripeStandIn.Configuration = .init(key: "sk_test_standin"),
        key: String? = nil,
        settings: Settings = Settings(),
        totalTimeout: Duration = .seconds(20),
        _ body: (WebHarness, StripeStandIn) async throws -> Result
    ) async throws -> Result {
        try await StripeStandIn.with(configuration) { standIn in
            for event in events { try standIn.put(event.object) }
            let transport = try CurlTransport()
            guard let key = StripeSecretKey(key ?? configuration.key) else { throw HarnessFailure.notAKey }
            var settings = settings
            let clock = settings.clock ?? TestClock(settings.now)
            settings.clock = clock
            let stripe = StripeClient(
                transport: transport,
                base: try StripeAPIBase(standIn.baseURL),
                key: key,
                limits: TransportLimits(totalTimeout: totalTimeout, maxBodyBytes: 64 << 10)
            )
            settings.receipts = ReceiptFetcher(
                stripe: stripe,
                hosts: settings.receiptHosts,
                clock: { clock.now }
            )
            settings.intents = PaymentIntentFetcher(stripe: stripe)
            settings.mailer = StripeReceiptMailer(stripe: stripe)
            do {
                let result = try await with(settings) { harness in
                    try await harness.deliver(events)
                    return try await body(harness, standIn)
                }
                await transport.shutdown()
                return result
            } catch {
                await transport.shutdown()
                throw error
            }
        }
    }
}

extension WebHarness {
    /// Runs `body` with a mailer of its own, as another instance of the service has.
    static func withMailer(
        _ standIn: StripeStandIn,
        _ body: (StripeReceiptMailer) async throws -> Void
    ) async throws {
        let transport = try CurlTransport()
        guard let key = StripeSecretKey("sk_test_standin") else { throw HarnessFailure.notAKey }
        let stripe = StripeClient(
            transport: transport,
            base: try StripeAPIBase(standIn.baseURL),
            key: key
        )
        do {
            try await body(StripeReceiptMailer(stripe: stripe))
            await transport.shutdown()
        } catch {
            await transport.shutdown()
            throw error
        }
    }
}

/// Counts the requests for receipts, and passes them on.
final class WatchedReceipts: ReceiptSource {
    private struct State {
        var asked = 0
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let source: any ReceiptSource
    private let state = Mutex(State())

    init(_ source: any ReceiptSource) { self.source = source }

    func freshURL(for target: ReceiptTarget) async throws(ReceiptUnavailable) -> ReceiptURL {
        let satisfied = state.withLock { state in
            state.asked += 1
            let satisfied = state.waiting.filter { $0.count <= state.asked }
            state.waiting.removeAll { $0.count <= state.asked }
            return satisfied.map(\.continuation)
        }
        for continuation in satisfied { continuation.resume() }
        return try await source.freshURL(for: target)
    }

    /// Returns when that many have asked.
    func untilAsked(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isSo = state.withLock { state in
                if state.asked >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isSo { continuation.resume() }
        }
    }
}
