import ArgumentParser
import Billing
import Foundation
import HTTPClient
import JSON
import Storage
import StripeAPI
import BackgroundJobs
import Web

/// Begins and shows runs: through the service that holds the database, or in this process if no service runs.
protocol JobClient: Sendable {
    /// Begins a run, or resumes the unfinished one with the same parameters.
    func begin(
        _ kind: Job.Kind,
        _ parameters: [String: String]
    ) async throws(CommandFailure) -> ServedJob

    /// The current state of a run.
    func show(_ kind: Job.Kind, id: String) async throws(CommandFailure) -> ServedJob
}

/// Runs in the service, through its HTTP API.
struct RemoteJobs: JobClient {
    let connection: ServerConnection

    func begin(
        _ kind: Job.Kind,
        _ parameters: [String: String]
    ) async throws(CommandFailure) -> ServedJob {
        let query = parameters.sorted { $0.key < $1.key }.map {
            "\($0.key)=\(PercentEncoding.encoded($0.value))"
        }
        return try read(await connection.post("\(Self.path(kind))?\(query.joined(separator: "&"))"))
    }

    func show(_ kind: Job.Kind, id: String) async throws(CommandFailure) -> ServedJob {
        try read(await connection.get("\(Self.path(kind))/\(PercentEncoding.encoded(id))"))
    }

    private func read(_ bytes: [UInt8]) throws(CommandFailure) -> ServedJob {
        try decoded(ServedJob.self, from: bytes)
    }

    private static func path(_ kind: Job.Kind) -> String {
        switch kind {
        case .backfill: "/v1/backfills"
        case .reconciliation: "/v1/reconciliations"
        default: "/v1/jobs"
        }
    }
}

/// Runs in this process, with exclusive access to the database.
struct LocalJobs: JobClient {
    let store: any Store

    func begin(
        _ kind: Job.Kind,
        _ parameters: [String: String]
    ) async throws(CommandFailure) -> ServedJob {
        let request: JobRequest
        do throws(APIError) {
            request = try JobParameters.request(kind, parameters, now: .now)
        } catch {
            throw CommandFailure(Sysexits.usage, error.message)
        }
        let beginning = try await asked { () async throws(StoreError) in
            try await store.begin(kind, id: JobID.make(kind), request: request, now: .now)
        }
        switch beginning {
        case .begun(let run), .resumed(let run), .underWay(let run): return try served(run)
        case .occupied(let run):
            throw CommandFailure(
                Sysexits.tryAgain,
                "Another \(kind.rawValue) was started and is not finished: \(run.id). Give the same command as "
                    + "then, or start the service, which continues it."
            )
        }
    }

    func show(_ kind: Job.Kind, id: String) async throws(CommandFailure) -> ServedJob {
        let run = try await asked { () async throws(StoreError) in try await store.job(id: id) }
        guard let run else { throw CommandFailure(Sysexits.internalError, "The run \(id) is gone.") }
        return try served(run)
    }

    /// The job as the service would answer it.
    private func served(_ job: Job) throws(CommandFailure) -> ServedJob {
        try decoded(ServedJob.self, from: JSONWriter.bytes(of: JobResponse(job, isRun: true)))
    }

    private func asked<Answer: Sendable>(
        _ question: () async throws(StoreError) -> Answer
    ) async throws(CommandFailure) -> Answer {
        do throws(StoreError) {
            return try await question()
        } catch {
            throw CommandFailure(Sysexits.unavailable, "\(error)")
        }
    }
}

/// Options that choose between the service and this process.
struct JobClientOptions: ParsableArguments {
    @OptionGroup var service: ServiceConnectionOptions

    @Option(help: "A YAML or JSON file of settings, for where no service runs.")
    var config: String?

    /// Begins a job, follows it to its end and prints it; throws the exit code of one that did not do all.
    func run(
        _ kind: Job.Kind,
        _ parameters: [String: String],
        _ output: OutputOptions,
        text: (ServedJob) -> String?
    ) async throws {
        try await withClient { client in
            let job = try await JobFollower(client: client, kind: kind, parameters: parameters).run()
            for complaint in job.complaints { Terminal.line(printable(complaint), to: .error) }
            if let result = output.chosen == .json ? job.json : text(job) { Terminal.line(result) }
            if job.exitCode != .success { throw job.exitCode }
        }
    }

    /// Uses the running service; if none runs, opens the database and works in this process.
    private func withClient(_ work: (any JobClient) async throws -> Void) async throws {
        let environment = try CommandEnvironment(credentialsPath: service.credentials)
        let base = try environment.server(service.connection.server)
        let transport = try CurlTransport()
        try await ending({ await transport.shutdown() }) {
            let isServed = service.connection.server == nil ? await answers(base, transport) : true
            guard isServed else { return try await alone(environment, base, transport, work) }
            let key = try environment.apiKey(service.connection.apiKey)
            try await work(
                RemoteJobs(connection: ServerConnection(base: base, key: key, transport: transport))
            )
        }
    }

    private func answers(_ base: ServerAddress, _ transport: CurlTransport) async -> Bool {
        let request = TransportRequest(
            .get,
            url: base.appending("/healthz").description,
            limits: TransportLimits(totalTimeout: .seconds(5))
        )
        do throws(TransportError) {
            _ = try await transport.send(request)
            return true
        } catch {
            // Any other error shows that a server listens there.
            return error != .couldNotConnect
        }
    }

    private func alone(
        _ environment: CommandEnvironment,
        _ base: ServerAddress,
        _ transport: CurlTransport,
        _ work: (any JobClient) async throws -> Void
    ) async throws {
        let configuration = try configuration(environment)
        guard let key = configuration.stripeKey else {
            throw CommandFailure(
                Sysexits.configuration,
                "Without STRIPE_SECRET_KEY nothing can be fetched from Stripe. Set it, and give the same command again."
            )
        }
        let isNamed = environment.given(.databaseURL) != nil || config != nil
        if !isNamed, let path = configuration.database.path, !FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(
                Sysexits.unavailable,
                "Nothing answers at \(base), and there is no database at \(path). Give --server, or set DATABASE_URL."
            )
        }
        let daemon = Daemon(configuration)
        let store: any Store
        do {
            store = try await daemon.openStore { _ in }
        } catch let error as CommandFailure {
            throw CommandFailure(
                Sysexits.unavailable,
                "Nothing answers at \(base). \(error.message) If the service has the database, say where it listens: "
                    + "--server http://…"
            )
        }
        Terminal.line("No service answers at \(base): working on the database itself.", to: .error)
        let worker = daemon.catchUpWorker(store: store, transport: transport, key: key, schedule: .none)
        let runner = JobRunner([worker], store: store, runtime: daemon.runtime, logger: daemon.logger)
        let working = Task {
            while !Task.isCancelled {
                if try await runner.workOnce() == 0 { try await Task.sleep(for: .milliseconds(50)) }
            }
        }
        try await ending({
            working.cancel()
            _ = await working.result
            await store.close()
        }) { try await work(LocalJobs(store: store)) }
    }

    /// The service's configuration as a command needs it without the service: the database and Stripe's settings.
    ///
    /// A secret that is not set gets a placeholder, because this command verifies and signs nothing.
    private func configuration(_ environment: CommandEnvironment) throws -> ServiceConfiguration {
        var values = try SettingValues(
            flags: [:],
            environment: ProcessInfo.processInfo.environment,
            configurationFile: config
        )
        values.supply(.webhookSecret, "whsec_no_event_is_verified")
        values.supply(.linkSigningSecret, String(repeating: "-", count: 32))
        // Log errors only: the terminal shows the progress line.
        values.supply(.logLevel, "error")
        return try ServiceConfiguration(values)
    }
}
