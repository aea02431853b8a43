import Billing
import Dispatch
import Logging
import ServiceLifecycle
import UnixSignals
import Web

/// Takes other secrets while the service runs: at once on SIGHUP, and when the files that they come from have changed.
actor SecretRotation: ServiceLifecycle.Service {
    /// What it needs from outside.
    struct Means: Sendable {
        var now: @Sendable () -> Instant
        var look: @Sendable (String) -> FileContent = FileContent.read
        /// From one look at the files to the next; a change is taken at the second look that finds it.
        var interval = Duration.seconds(2)
        var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    }

    /// Why they were read.
    private enum Occasion: String { case signal = "SIGHUP", files = "changed files" }

    private let sources: SettingSources
    private let secrets: CurrentSecrets
    private let signals: UnixSignalsSequence
    private let logger: Logger
    private let means: Means
    private let started: SettingValues
    private var standing: SettingValues
    private var watch: FileWatch
    /// Of its own: a file system that hangs must hold up nothing else.
    private let reading = DispatchQueue(label: "console-billing.secrets")

    /// Goes on from what the service was started with.
    ///
    /// - Parameters:
    ///   - sources: Where the settings came from.
    ///   - contents: What their files held.
    ///   - secrets: Those in force.
    ///   - signals: SIGHUP, trapped since before the start could be interrupted by it.
    ///   - logger: Is told what changed, by names and fingerprints.
    ///   - means: The clock, and how files are read.
    init(
        _ sources: SettingSources,
        contents: SettingSources.Contents,
        secrets: CurrentSecrets,
        signals: UnixSignalsSequence,
        logger: Logger,
        means: Means
    ) {
        self.sources = sources.keepingStreams(contents)
        self.secrets = secrets
        self.signals = signals
        self.logger = logger
        self.means = means
        started = SettingValues(sources, contents: contents)
        standing = started
        watch = FileWatch(contents)
    }

    func run() async throws {
        let (signals, means) = (signals, means)
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await _ in signals { await self.readNow() }
                }
                group.addTask {
                    while (try? await means.pause(means.interval)) != nil { await self.look() }
                }
            }
        }
    }

    /// Reads everything, changed or not.
    func readNow() async {
        let found = await contents()
        watch.take(found)
        take(found, .signal)
    }

    /// Reads what has changed and stayed so.
    func look() async {
        let found = await contents()
        if watch.isDue(found) { take(found, .files) }
    }

    private func contents() async -> SettingSources.Contents {
        await withCheckedContinuation { continuation in
            reading.async { [sources, means] in
                continuation.resume(returning: sources.contents(means.look))
            }
        }
    }

    private func take(_ contents: SettingSources.Contents, _ occasion: Occasion) {
        let values = SettingValues(sources, contents: contents)
        switch SecretReading(values, standing: standing, started: started) {
        case .refused(let problems):
            secrets.keep(because: problems, now: means.now())
            logger.error(
                "secrets not taken: those in force stay",
                metadata: ["by": "\(occasion.rawValue)", "problems": "\(problems.joined(separator: " "))"]
            )
        case .taken(let set, let restart, let objections):
            standing = values
            let changes = secrets.replace(with: set, now: means.now())
            let told = changes.isEmpty ? "nothing" : changes.map(\.description).joined(separator: " · ")
            logger.notice(
                "secrets taken",
                metadata: ["by": "\(occasion.rawValue)", "changed": "\(told)"]
            )
            warn(restart, objections)
        }
    }

    private func warn(_ restart: [Setting], _ objections: [String]) {
        if !restart.isEmpty {
            logger.warning(
                "other settings changed too, and are not taken before the next start",
                metadata: ["settings": "\(restart.map(\.rawValue).joined(separator: ", "))"]
            )
        }
        if !objections.isEmpty {
            logger.warning(
                "the next start would be refused",
                metadata: ["problems": "\(objections.joined(separator: " "))"]
            )
        }
    }
}
