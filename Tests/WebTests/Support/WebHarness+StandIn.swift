import Billing
import StripeAPI
import StripeStandIn
import Synchronization
import Upkeep

extension WebHarness {
    /// Runs `body` against a service that gets its receipts from a stand-in for Stripe, which knows the objects
    /// of `events`; the service has been sent the events.
    static func withStandIn<Result>(
        _ events: [MadeEvent],
        settings: Settings = Settings(),
        totalTimeout: Duration = .seconds(20),
        _ body: (WebHarness, StripeStandIn) async throws -> Result
    ) async throws -> Result {
        try await StripeStandIn.with { standIn in
            for event in events { try standIn.put(event.object) }
            let transport = try CurlTransport()
            guard let key = StripeSecretKey("sk_test_standin") else { throw HarnessFailure.notAKey }
            var settings = settings
            settings.receipts = ReceiptFetcher(
                stripe: StripeClient(
                    transport: transport,
                    base: try StripeAPIBase(standIn.baseURL),
                    key: key,
                    limits: TransportLimits(totalTimeout: totalTimeout, maxBodyBytes: 64 << 10)
                ),
                hosts: settings.receiptHosts
            )
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

/// Counts who asks for a receipt, and passes them on.
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
