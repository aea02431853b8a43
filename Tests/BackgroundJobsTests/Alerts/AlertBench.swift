import Billing
import Foundation
import HTTPClient
import SQLiteStorage
import Storage
import StripeAPI
import Synchronization
import Testing
import Webhooks

@testable import BackgroundJobs

/// A receiver of alerts: keeps the messages, and gives the configured answers.
final class Receiver: HTTPTransport {
    struct Message: Sendable {
        let id: String
        let timestamp: Int64
        let body: String
        let headers: [String: String]
        let limits: TransportLimits

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:]
        }
        var type: String { json["type"] as? String ?? "" }
        var data: [String: Any] { json["data"] as? [String: Any] ?? [:] }
        func names(_ key: String, _ member: String) -> [String] {
            (data[key] as? [[String: Any]] ?? []).compactMap { $0[member] as? String }
        }
    }

    private struct State {
        var messages: [Message] = []
        var answers: [Result<TransportResponse, TransportError>] = []
        var beforeAnswer: (@Sendable () async -> Void)?
    }

    private let state = Mutex(State())

    /// Everything that came, taken or not.
    var messages: [Message] { state.withLock(\.messages) }
    var types: [String] { messages.map(\.type) }

    func message(_ index: Int) throws -> Message {
        let messages = messages
        return try #require(messages.indices.contains(index) ? messages[index] : nil)
    }

    /// Runs something whenever an alert has come and was not answered yet.
    func beforeEachAnswer(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { $0.beforeAnswer = body }
    }

    /// The next answers; after them, 204.
    func answer(_ answers: Result<TransportResponse, TransportError>...) {
        state.withLock { $0.answers += answers }
    }

    func answer(status: Int, _ headers: TransportHeaders = [:], times: Int = 1) {
        for _ in 0..<times { answer(.success(TransportResponse(status: status, headers: headers))) }
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        guard case .post(let body) = request.method, request.url == AlertBench.address else {
            throw .unsendable(.url)
        }
        let headers = Dictionary(request.headers.map { ($0.name, $0.value) }) { $1 }
        let message = Message(
            id: headers["webhook-id"] ?? "",
            timestamp: Int64(headers["webhook-timestamp"] ?? "") ?? 0,
            body: String(decoding: body, as: UTF8.self),
            headers: headers,
            limits: request.limits
        )
        state.withLock { $0.messages.append(message) }
        await state.withLock(\.beforeAnswer)?()
        return try state.withLock { state -> Result<TransportResponse, TransportError> in
            state.answers.isEmpty
                ? .success(TransportResponse(status: 204)) : state.answers.removeFirst()
        }.get()
    }
}

/// Alerts of a catch-up harness' store, and a receiver for them.
struct AlertBench: Sendable {
    static let address = "https://alerts.example/console-billing"
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    let harness: CatchUpHarness
    let receiver = Receiver()

    static func with(_ body: (AlertBench) async throws -> Void) async throws {
        try await CatchUpHarness.with { try await body(AlertBench(harness: $0)) }
    }

    static let formatter = AlertFormatter(service: "https://billing.example")

    /// A process that searches and sends, second by second.
    final class Worker {
        private let store: SQLiteStore
        private let search: AlertSearch
        private let sending: JobRunner
        private let runtime: JobRunner.Runtime
        private let name: String
        private var held: (execution: JobExecution, state: AlertState)?
        private var isStarted = false

        init(
            _ name: String,
            _ store: SQLiteStore,
            _ search: AlertSearch,
            _ sending: JobRunner,
            _ runtime: JobRunner.Runtime
        ) {
            self.name = name
            self.store = store
            self.search = search
            self.sending = sending
            self.runtime = runtime
        }

        func workOnce() async throws {
            if !isStarted { try await start() }
            if held == nil {
                let taken = try await store.take(
                    .alertSearch,
                    as: name,
                    now: runtime.now(),
                    seconds: search.leaseSeconds,
                    limit: 1
                )
                held = taken.first.map { job in
                    let execution = JobExecution(
                        job,
                        in: store,
                        leaseSeconds: search.leaseSeconds,
                        runtime: runtime
                    )
                    return (execution, search.stateAtStart(job))
                }
            }
            if let execution = held?.execution, var state = held?.state {
                do throws(Interruption) {
                    try await search.look(&state, execution)
                    held = (execution, state)
                } catch {
                    guard case .leaseLost = error else { throw error }
                    held = nil
                }
            }
            try await sending.workOnce()
        }

        /// Gives back the search of a process before, as opening the database does.
        private func start() async throws {
            isStarted = true
            try await search.start()
            guard let job = try await store.job(id: "alert_search"), job.state == .running else { return }
            _ = try await store.replace(job.left(.waiting, dueAt: runtime.now(), now: job.updatedAt))
        }

        func leave() async throws {
            try await held?.execution.end(.stopped)
            held = nil
        }
    }

    func worker(
        _ name: String = "worker",
        silenceAfter: Int64 = 0,
        balanceDrift: ExactAmount = .zero,
        asksStripe: Bool = true
    ) throws -> Worker {
        let secret = try StandardWebhooksSecret(Self.secret).orThrow
        let runtime = harness.runtime
        let search = AlertSearch(
            store: harness.store,
            stripe: asksStripe ? harness.stripe : nil,
            silenceAfterSeconds: silenceAfter,
            balanceDrift: balanceDrift,
            formatter: Self.formatter,
            runtime: runtime,
            logger: harness.log.logger
        )
        let sender = AlertSender(
            transport: receiver,
            address: Self.address,
            signer: StandardWebhooksSigner(secrets: [secret])
        )
        let sending = JobRunner(
            [AlertWorker(sender: sender, runtime: runtime, logger: harness.log.logger)],
            store: harness.store,
            runtime: runtime,
            name: name,
            logger: harness.log.logger
        )
        return Worker(name, harness.store, search, sending, runtime)
    }

    /// Lets time pass, a second at a time, with the worker at work.
    func pass(_ seconds: Int64, _ worker: Worker) async throws {
        for _ in 0..<seconds {
            harness.time.advance(.seconds(1))
            try await worker.workOnce()
        }
    }

    /// Lets an event come that cannot be read.
    func quarantine(_ id: String, in version: String = "2025-09-30.clover") async throws {
        let body = """
            {"id":"\(id)","object":"event","type":"charge.succeeded","created":\(CatchUpHarness.start),
            "api_version":"\(version)","livemode":false,"data":{"object":{"object":"charge","amount":"4711","receipt_email":"jo@example.com"}}}
            """
        #expect(try await harness.deliver(body) == .quarantined)
    }

    /// Lets an event come that means nothing here.
    func hear(_ id: String) async throws {
        let ago = CatchUpHarness.start - harness.time.now.unixSeconds
        #expect(
            try await harness.deliver(
                CatchUpHarness.event(id, "balance.available", #"{"object":"balance"}"#, secondsAgo: ago)
            ) == .recorded
        )
    }

    var state: AlertState {
        get async throws {
            try await harness.store.job(id: "alert_search").orThrow.alertState.orThrow
        }
    }

    /// The alerts that the receiver has not accepted yet.
    var pending: [Job] {
        get async throws { try await harness.store.jobs(JobQuery(kinds: [.alert], limit: 100)) }
    }
}
