import Billing
import Foundation
import SQLiteStorage
import Storage
import StripeAPI
import StripeStandIn
import Synchronization

@testable import BackgroundJobs

/// A store, Stripe's stand-in, and a worker for whom waiting takes no time but on the clock.
struct CatchUpHarness: Sendable {
    static let start: Int64 = 1_750_000_000
    static let day: Int64 = 86_400

    /// A clock that advances when a task waits for it.
    final class Time: Sendable {
        private struct State {
            var elapsed = Duration.zero
            var waits: [Duration] = []
        }

        private let state = Mutex(State())
        private let origin = ContinuousClock.now

        var now: Instant {
            Instant(unixSeconds: CatchUpHarness.start + state.withLock { $0.elapsed.components.seconds })
        }
        var uptime: ContinuousClock.Instant { origin + state.withLock { $0.elapsed } }
        /// The waits of a second and longer.
        var longWaits: [Duration] { state.withLock { $0.waits.filter { $0 >= .seconds(1) } } }

        func advance(_ duration: Duration) { state.withLock { $0.elapsed += duration } }

        func sleep(_ duration: Duration) throws {
            try Task.checkCancellation()
            state.withLock { state in
                state.elapsed += duration
                state.waits.append(duration)
            }
        }
    }

    let store: SQLiteStore
    let standIn: StripeStandIn
    let stripe: StripeClient
    let time: Time
    let livemode: Bool
    let log = LogRecorder()

    /// Sets everything up for as long as `body` runs.
    static func with(
        key: String = JobHarness.key,
        furtherKeys: [APIKey] = [],
        asksForCustomers: Bool = false,
        _ body: (CatchUpHarness) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "catch-up-tests-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let livemode = key.contains("_live_")
        let store = try SQLiteStore(
            path: folder.appending(path: "billing.sqlite").path,
            projection: ProjectionPolicy(livemode: livemode, asksForCustomers: asksForCustomers)
        )
        let time = Time()
        let configuration = StripeStandIn.Configuration(
            key: furtherKeys.isEmpty ? key : "sk_test_owner",
            furtherKeys: furtherKeys,
            now: { time.now.unixSeconds },
            uptime: { time.uptime }
        )
        try await StripeStandIn.with(configuration) { standIn in
            try await withStripe(standIn, key: key) { stripe in
                try await body(
                    CatchUpHarness(
                        store: store,
                        standIn: standIn,
                        stripe: stripe,
                        time: time,
                        livemode: livemode
                    )
                )
            }
        }
        await store.close()
    }

    var runtime: JobRunner.Runtime {
        JobRunner.Runtime(
            now: { time.now },
            uptime: { time.uptime },
            sleep: { try time.sleep($0) },
            random: { 0.5 }
        )
    }

    func worker(schedule: JobSchedule = JobSchedule()) -> CatchUpWorker {
        CatchUpWorker(
            store: store,
            stripe: stripe,
            livemode: livemode,
            schedule: schedule,
            runtime: runtime,
            logger: log.logger
        )
    }

    func runner() -> JobRunner { JobRunner([worker()], store: store, runtime: runtime, logger: log.logger) }

    /// Begins a run and works on it to its end.
    ///
    /// - Parameters:
    ///   - kind: What to do.
    ///   - days: Since how many days ago.
    ///   - maxRequests: After how many requests to ask.
    ///   - account: On behalf of whom.
    ///   - isUndeliveredOnly: Whether a backfill reads only undelivered events.
    ///   - repairs: Whether a reconciliation repairs differences.
    /// - Returns: The run as it was left.
    /// - Throws: When the store fails.
    @discardableResult
    func perform(
        _ kind: Job.Kind,
        days: Int64 = 20,
        maxRequests: Int? = nil,
        account: String? = nil,
        isUndeliveredOnly: Bool = false,
        repairs: Bool = false
    ) async throws -> Job {
        let request = JobRequest(
            parameters: .init(
                since: "\(days)d",
                account: account,
                isUndeliveredOnly: isUndeliveredOnly,
                repairs: repairs
            ),
            from: Instant(unixSeconds: Self.start - days * Self.day),
            through: nil,
            requestsPerSecond: 20,
            maxRequests: maxRequests,
            origin: .operator
        )
        let id: String
        switch try await store.begin(kind, id: JobID.make(kind), request: request, now: time.now) {
        case .begun(let run), .resumed(let run), .underWay(let run), .occupied(let run): id = run.id
        }
        try await runner().workOnce()
        return try await store.job(id: id).orThrow
    }

    /// Puts an event into Stripe, as long ago as is said.
    func happen(
        _ id: String,
        _ type: String,
        _ object: String,
        secondsAgo: Int64 = 3600,
        livemode: Bool? = false,
        isDelivered: Bool = false
    ) throws {
        try standIn.put(
            event: Self.event(id, type, object, secondsAgo: secondsAgo, livemode: livemode),
            isDelivered: isDelivered
        )
    }

    static func event(
        _ id: String,
        _ type: String,
        _ object: String,
        secondsAgo: Int64 = 3600,
        livemode: Bool? = false,
        account: String? = nil
    ) -> String {
        let mode = livemode.map { #""livemode":\#($0),"# } ?? ""
        let account = account.map { #""account":"\#($0)","# } ?? ""
        return #"{"id":"\#(id)","object":"event","type":"\#(type)",\#(mode)\#(account)"#
            + #""created":\#(start - secondsAgo),"api_version":"2026-09-30.endive","#
            + #""data":{"object":\#(object)}}"#
    }

    /// Payments, each with the events of its success, minutes apart.
    func payments(_ numbers: ClosedRange<Int>, isDelivered: Bool = false) throws {
        for number in numbers {
            let ago = Int64(number) * 600 + 3600
            try happen(
                "evt_pi_\(number)",
                "payment_intent.succeeded",
                Paid.intent(number, secondsAgo: ago),
                secondsAgo: ago,
                isDelivered: isDelivered
            )
            try happen(
                "evt_ch_\(number)",
                "charge.succeeded",
                Paid.charge(number, secondsAgo: ago),
                secondsAgo: ago,
                isDelivered: isDelivered
            )
        }
    }

    func deliver(_ body: String) async throws -> RecordOutcome {
        try await store.record(
            IncomingEvent(parsing: Array(body.utf8), receivedAt: time.now, source: .webhook)
        )
    }

    var rows: [Transaction] {
        get async throws {
            try await store.page(TransactionFilter(.anyCustomer), cursor: .start, limit: 1000)?.elements ?? []
        }
    }

    func entries(_ query: EventQuery = EventQuery(limit: 1000)) async throws -> [EventEntry] {
        try await store.entries(query)?.elements ?? []
    }
}

/// Stripe's objects of payments that succeeded.
enum Paid {
    static func intent(_ number: Int, secondsAgo: Int64 = 3600, _ more: String = "") -> String {
        """
        {"id":"pi_\(number)","object":"payment_intent","amount":2500,"amount_received":2500,"currency":"usd",
        "created":\(CatchUpHarness.start - secondsAgo),"status":"succeeded","customer":"cus_1",
        "latest_charge":"ch_\(number)","livemode":false\(more)}
        """
    }

    static func charge(
        _ number: Int,
        secondsAgo: Int64 = 3600,
        refunded: Int64 = 0,
        customer: String = "cus_1",
        _ more: String = ""
    ) -> String {
        """
        {"id":"ch_\(number)","object":"charge","amount":2500,"amount_captured":2500,"amount_refunded":\(refunded),
        "currency":"usd","created":\(CatchUpHarness.start - secondsAgo),"status":"succeeded","paid":true,
        "captured":true,"refunded":false,"disputed":false,"customer":"\(customer)","payment_intent":"pi_\(number)",
        "receipt_url":"https://pay.stripe.com/receipts/old","livemode":false\(more),
        "payment_method_details":{"type":"card","card":{"brand":"visa","last4":"4242"}}}
        """
    }

    static func refund(
        _ number: Int,
        secondsAgo: Int64 = 1800,
        amount: Int64 = 500,
        status: String = "succeeded"
    ) -> String {
        """
        {"id":"re_\(number)","object":"refund","amount":\(amount),"currency":"usd",
        "created":\(CatchUpHarness.start - secondsAgo),"status":"\(status)","charge":"ch_\(number)",
        "payment_intent":"pi_\(number)"}
        """
    }
}
