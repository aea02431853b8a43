import Billing
import Foundation
import HTTPClient
import Logging
import SQLiteStorage
import Storage
import StripeAPI
import StripeStandIn
import Synchronization
import BackgroundJobs

/// A store, Stripe's stand-in and a clock that only the test moves.
struct JobHarness: Sendable {
    static let key = "sk_test_upkeepcanary"
    static let start = Instant(unixSeconds: 1_750_000_000)

    let store: SQLiteStore
    let standIn: StripeStandIn
    let stripe: StripeClient
    let clock: Clock
    let log = LogRecorder()
    let random = 0.5

    final class Clock: Sendable {
        private let time = Mutex(JobHarness.start)

        var now: Instant { time.withLock { $0 } }

        func advance(seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
    }

    /// Sets everything up for as long as `body` runs.
    static func with(
        _ configuration: StripeStandIn.Configuration = .init(key: key),
        livemode: Bool? = nil,
        asksForCustomers: Bool = false,
        _ body: (JobHarness) async throws -> Void
    ) async throws {
        let clock = Clock()
        var configuration = configuration
        configuration.now = { clock.now.unixSeconds }
        let folder = FileManager.default.temporaryDirectory.appending(path: "upkeep-tests-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteStore(
            path: folder.appending(path: "billing.sqlite").path,
            projection: ProjectionPolicy(livemode: livemode, asksForCustomers: asksForCustomers)
        )
        try await StripeStandIn.with(configuration) { standIn in
            try await withStripe(standIn, key: configuration.key) { stripe in
                try await body(JobHarness(store: store, standIn: standIn, stripe: stripe, clock: clock))
            }
        }
        await store.close()
    }

    func fetcher(
        schedule: RetrySchedule = RetrySchedule(baseSeconds: 5, capSeconds: 3600)
    ) -> JobRunner {
        fetcher(asking: stripe, schedule: schedule)
    }

    func fetcher(
        asking stripe: StripeClient,
        schedule: RetrySchedule = RetrySchedule(baseSeconds: 5, capSeconds: 3600)
    ) -> JobRunner {
        let runtime = JobRunner.Runtime(now: { clock.now }, random: { random })
        let worker = MissingObjectFetcher(
            store: store,
            stripe: stripe,
            schedule: schedule,
            runtime: runtime,
            logger: log.logger
        )
        return JobRunner([worker], store: store, runtime: runtime, logger: log.logger)
    }

    @discardableResult
    func record(_ body: String) async throws -> RecordOutcome {
        try await store.record(
            IncomingEvent(parsing: Array(body.utf8), receivedAt: clock.now, source: .webhook)
        )
    }

    /// Records that a payment succeeded, names its charge, and waits until that would be asked for.
    func recordIntent(_ id: String = "1", account: String? = nil, event: String = "") async throws {
        try await record(Objects.event("evt_\(id)\(event)", Objects.intent(id), account: account))
        clock.advance(seconds: 15)
    }

    func row(_ id: String = "pi_1") async throws -> Transaction? {
        try await store.transaction(id: id, within: .anyCustomer)
    }
}

/// Runs `body` with a client that asks the stand-in.
func withStripe(
    _ standIn: StripeStandIn,
    key: String = JobHarness.key,
    _ body: (StripeClient) async throws -> Void
) async throws {
    let transport = try CurlTransport()
    do {
        let stripe = StripeClient(
            transport: transport,
            base: try StripeAPIBase(standIn.baseURL),
            key: try StripeSecretKey(key).orThrow,
            // No test waits for this; on a busy machine simultaneous requests take their time.
            limits: TransportLimits(connectTimeout: .seconds(60), totalTimeout: .seconds(120))
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
        account: String? = nil,
        livemode: Bool = false,
        apiVersion: String = "2025-09-30.clover"
    ) -> String {
        let account = account.map { #""account":"\#($0)","# } ?? ""
        return """
            {"id":"\(id)","object":"event","type":"\(type)",\(account)"created":1750000000,"livemode":\(livemode),
            "api_version":"\(apiVersion)","data":{"object":\(object)}}
            """
    }

    static func thinEvent(
        _ id: String,
        type: String = "v1.charge.succeeded",
        about object: String = "charge",
        at url: String = "/v1/charges/ch_1",
        context: String? = nil,
        twin: String? = nil
    ) -> String {
        let context = context.map { #""context":"\#($0)","# } ?? ""
        let twin = twin.map { #""snapshot_event":"\#($0)","# } ?? ""
        let related = url.split(separator: "/").last ?? ""
        return """
            {"id":"\(id)","object":"v2.core.event","type":"\(type)",\(context)\(twin)"livemode":false,
            "created":"2025-06-15T15:06:40.000Z",
            "related_object":{"id":"\(related)","type":"\(object)","url":"\(url)"}}
            """
    }

    /// A payment of the invoice `in_1`, with the given `payment`.
    static func invoicePayment(_ id: String = "1", paidBy payment: String) -> String {
        """
        {"id":"inpay_\(id)","object":"invoice_payment","invoice":"in_1","status":"paid","created":1749999996,
        "amount_paid":2500,"currency":"usd","livemode":false,"payment":{\(payment)}}
        """
    }

    static func refund(_ id: String, amount: Int = 500, charge: String = "ch_1") -> String {
        """
        {"id":"re_\(id)","object":"refund","amount":\(amount),"currency":"usd","created":1749999998,
        "status":"succeeded","charge":"\(charge)"}
        """
    }

    static func intent(_ id: String = "1") -> String {
        """
        {"id":"pi_\(id)","object":"payment_intent","amount":2500,"amount_received":2500,"currency":"usd",
        "created":1749999990,"status":"succeeded","customer":"cus_1","latest_charge":"ch_\(id)"}
        """
    }

    static func charge(_ id: String = "1", refunded: Int = 0, customer: String = #""cus_1""#) -> String {
        """
        {"id":"ch_\(id)","object":"charge","amount":2500,"amount_captured":2500,"amount_refunded":\(refunded),
        "currency":"usd","created":1749999995,"status":"succeeded","paid":true,"captured":true,
        "customer":\(customer),"payment_intent":"pi_\(id)","receipt_number":"1234-5678",
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

/// Answers with the object whose id the path ends in.
struct ScriptedTransport: HTTPTransport {
    let objects: [String: String]

    init(_ objects: [String: String]) { self.objects = objects }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let id = request.url.split(separator: "/").last.map(String.init) ?? ""
        guard let object = objects[id] else { return TransportResponse(status: 404) }
        return TransportResponse(status: 200, body: Array(object.utf8))
    }
}
