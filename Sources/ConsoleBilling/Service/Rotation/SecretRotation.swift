import Billing
import Dispatch
import Logging
import ServiceLifecycle
import UnixSignals
import Web

/// Reloads secrets while the service runs: at once on SIGHUP, and after their files change.
actor SecretRotation: ServiceLifecycle.Service {
    /// Clock, sleep and file access, injectable for tests.
    struct Runtime: Sendable {
        var now: @Sendable () -> Instant
        var look: @Sendable (String) -> FileContent = FileContent.read
        /// The time between two looks at the files.
        ///
        /// A change is used at the second look that finds it.
        var interval = Duration.seconds(2)
        var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    }

    /// Why the settings were reread.
    private enum Occasion: String { case signal = "SIGHUP", files = "changed files" }

    private let sources: SettingSources
    private let secrets: SecretStore
    private let signals: UnixSignalsSequence
    private let logger: Logger
    private let runtime: Runtime
    private let started: SettingValues
    private var standing: SettingValues
    private var watch: FileWatch
    /// A separate queue: a hanging file system must not block anything else.
    private let reading = DispatchQueue(label: "console-billing.secrets")

    /// Begins with the settings of the service's start; SIGHUP is trapped earlier, so that it cannot end the
    /// starting process.
    init(
        _ sources: SettingSources,
        contents: SettingSources.Contents,
        secrets: SecretStore,
        signals: UnixSignalsSequence,
        logger: Logger,
        runtime: Runtime
    ) {
        self.sources = sources.keepingStreams(contents)
        self.secrets = secrets
        self.signals = signals
        self.logger = logger
        self.runtime = runtime
        started = SettingValues(sources, contents: contents)
        standing = started
        watch = FileWatch(contents)
    }

    func run() async throws {
        let (signals, runtime) = (signals, runtime)
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await _ in signals { await self.readNow() }
                }
                group.addTask {
                    while (try? await runtime.pause(runtime.interval)) != nil { await self.look() }
                }
            }
        }
    }

    /// Rereads the settings, changed or not.
    func readNow() async {
        let found = await contents()
        watch.take(found)
        take(found, .signal)
    }

    /// Rereads the settings if a change was found twice.
    func look() async {
        let found = await contents()
        if watch.isDue(found) { take(found, .files) }
    }

    private func contents() async -> SettingSources.Contents {
        await withCheckedContinuation { continuation in
            reading.async { [sources, runtime] in
                continuation.resume(returning: sources.contents(runtime.look))
            }
        }
    }

    private func take(_ contents: SettingSources.Contents, _ occasion: Occasion) {
        let values = SettingValues(sources, contents: contents)
        switch SecretReading(values, standing: standing, started: started) {
        case .refused(let problems):
            secrets.rejectReload(because: problems, now: runtime.now())
            logger.error(
                "secrets not reloaded: the former ones stay active",
                metadata: ["by": "\(occasion.rawValue)", "problems": "\(problems.joined(separator: " "))"]
            )
        case .taken(let set, let restart, let objections):
            standing = values
            let changes = secrets.replace(with: set, now: runtime.now())
            let told = changes.isEmpty ? "nothing" : changes.map(\.description).joined(separator: " · ")
            logger.notice(
                "secrets reloaded",
                metadata: ["by": "\(occasion.rawValue)", "changed": "\(told)"]
            )
            warn(restart, objections)
        }
    }

    private func warn(_ restart: [Setting], _ objections: [String]) {
        if !restart.isEmpty {
            logger.warning(
                "other settings changed too and need a restart",
                metadata: ["settings": "\(restart.map(\.rawValue).joined(separator: ", "))"]
            )
        }
        if !objections.isEmpty {
            logger.warning(
                "the configuration is invalid: the next start would fail",
                metadata: ["problems": "\(objections.joined(separator: " "))"]
            )
        }
    }
}
