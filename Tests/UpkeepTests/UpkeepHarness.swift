import Billing
import Foundation
import Logging
import SQLiteStorage
import Storage
import StripeAPI
import StripeStandIn
import Synchronization
import Upkeep

/// A store, Stripe's stand-in and a clock that only the test moves.
struct UpkeepHarness: Sendable {
    static let key = "sk_test_upkeepcanary"
    static let start = Instant(unixSeconds: 1_750_000_000)

    let store: SQLiteStore
    let standIn: StripeStandIn
    let stripe: StripeClient
    let clock = Clock()
    let log = LogRecorder()
    let random = 0.5

    final class Clock: Sendable {
        private let time = Mutex(UpkeepHarness.start)

        var now: Instant { time.withLock { $0 } }

        func advance(seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
    }

    /// Sets everything up for as long as `body` runs.
    static func with(_ body: (UpkeepHarness) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "upkeep-tests-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteStore(path: folder.appending(path: "billing.sqlite").path)
        try await StripeStandIn.with(.init(key: key)) { standIn in
            try await withStripe(standIn) { stripe in
                try await body(UpkeepHarness(store: store, standIn: standIn, stripe: stripe))
            }
        }
        await store.close()
    }

    func enrichment(schedule: RetrySchedule = RetrySchedule(baseSeconds: 5, capSeconds: 3600)) -> Enrichment {
        Enrichment(
            store: store,
            stripe: stripe,
            schedule: schedule,
            logger: log.logger,
            now: { clock.now },
            random: { random }
        )
    }

    @discardableResult
    func record(_ body: String) async throws -> RecordOutcome {
        let payload = Array(body.utf8)
        return try await store.record(
            DeliveredEvent(
                event: try EventCoding.decode(payload),
                payload: payload,
                receivedAt: clock.now,
                source: .webhook
            )
        )
    }

    /// Records that a payment succeeded, names its charge, and waits until that would be asked for.
    func recordIntent(_ id: String = "1", account: String? = nil, event: String = "") async throws {
        try await record(Objects.event("evt_\(id)\(event)", Objects.intent(id), account: account))
        clock.advance(seconds: 15)
    }

    func row(_ id: String = "pi_1") async throws -> Transaction? { try await store.transaction(id: id) }
}

/// Runs `body` with a client that asks the stand-in.
func withStripe(
    _ standIn: StripeStandIn,
    _ body: (StripeClient) async throws -> Void
) async throws {
    let transport = try CurlTransport()
    do {
        let stripe = StripeClient(
            transport: transport,
            base: try StripeAPIBase(standIn.baseURL),
            key: try StripeSecretKey(UpkeepHarness.key).orThrow
        )
        try await body(stripe)
        await transport.shutdown()
    } catch {
        await transport.shutdown()
        throw error
    }
}

struct Missing: Error {}

extension Optional {
    var orThrow: Wrapped {
        get throws {
            guard let self else { throw Missing() }
            return self
        }
    }
}

/// Stripe's objects, as small as they may be.
enum Objects {
    static func event(
        _ id: String,
        type: String = "payment_intent.succeeded",
        _ object: String,
        account: String? = nil
    ) -> String {
        let account = account.map { #""account":"\#($0)","# } ?? ""
        return
            #"{"id":"\#(id)","type":"\#(type)",\#(account)"created":1750000000,"data":{"object":\#(object)}}"#
    }

    static func intent(_ id: String = "1") -> String {
        """
        {"id":"pi_\(id)","object":"payment_intent","amount":2500,"amount_received":2500,"currency":"usd",
        "created":1749999990,"status":"succeeded","customer":"cus_1","latest_charge":"ch_\(id)"}
        """
    }

    static func charge(_ id: String = "1") -> String {
        """
        {"id":"ch_\(id)","object":"charge","amount":2500,"amount_captured":2500,"amount_refunded":0,
        "currency":"usd","created":1749999995,"status":"succeeded","paid":true,"captured":true,
        "customer":"cus_1","payment_intent":"pi_\(id)","receipt_number":"1234-5678",
        "receipt_url":"https://pay.stripe.com/receipts/old",
        "payment_method_details":{"type":"card","card":{"brand":"visa","last4":"4242"}}}
        """
    }

    static func invoice(_ id: String = "1") -> String {
        """
        {"id":"in_\(id)","object":"invoice","amount_paid":2500,"currency":"usd","created":1749999995,
        "status":"paid","hosted_invoice_url":"https://invoice.stripe.com/i/old",
        "invoice_pdf":"https://pay.stripe.com/invoice/old/pdf"}
        """
    }
}

/// Keeps every line that is logged, at whatever level, with all that came with it.
final class LogRecorder: Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }
    var logger: Logger { Logger(label: "recorded") { _ in Handler(recorder: self) } }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.kept.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
        }
    }
}
