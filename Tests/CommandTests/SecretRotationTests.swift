import Billing
import Cryptography
import Foundation
import Logging
import Synchronization
import Testing
import UnixSignals
@testable import Web

@testable import ConsoleBilling

/// When files are read again, and the result.
@Suite(.timeLimit(.minutes(2)))
struct SecretRotationTests {
    private static let old = "whsec_the_one_that_was_there_before"
    private static let new = "whsec_the_one_that_Stripe_rolled_to"
    private static let link = "a-secret-of-at-least-thirty-two-bytes"
    private static let key = "ops:\(String(repeating: "a", count: 64)):ops"

    /// Files that a test writes to.
    private final class Files: Sendable {
        private let contents: Mutex<SettingSources.Contents>

        init(_ texts: [String: String]) {
            contents = Mutex(texts.mapValues { .bytes(Array($0.utf8)) })
        }

        subscript(path: String) -> String? {
            get { nil }
            set { contents.withLock { $0[path] = newValue.map { .bytes(Array($0.utf8)) } } }
        }

        func put(_ content: FileContent, at path: String) { contents.withLock { $0[path] = content } }
        func look(_ path: String) -> FileContent { contents.withLock { $0[path] ?? .absent } }
    }

    /// The logged lines.
    private final class Lines: Sendable {
        private let kept = Mutex<[String]>([])
        var all: [String] { kept.withLock(\.self) }
        func add(_ line: String) { kept.withLock { $0.append(line) } }
    }

    private struct Recorder: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }

    /// A rotation over files that a test writes, read when the test says so.
    private struct Bench {
        let files: Files
        let secrets: SecretStore
        let rotation: SecretRotation
        let lines = Lines()

        init(
            _ texts: [String: String],
            environment: [String: String],
            configurationFile: String? = nil
        ) async throws {
            let files = Files(texts)
            let sources = SettingSources(environment: environment, configurationFile: configurationFile)
            let contents = sources.contents(files.look)
            let configuration = try ServiceConfiguration(SettingValues(sources, contents: contents))
            let secrets = SecretStore(
                configuration.secrets,
                rules: configuration.signingRules,
                now: Instant(unixSeconds: 1000)
            )
            let lines = lines
            self.files = files
            self.secrets = secrets
            rotation = SecretRotation(
                sources,
                contents: contents,
                secrets: secrets,
                signals: await UnixSignalsSequence(trapping: .sigusr2),
                logger: Logger(label: "tests") { _ in Recorder(lines: lines) },
                runtime: SecretRotation.Runtime(now: { Instant(unixSeconds: 2000) }, look: files.look)
            )
        }

        var fingerprints: [String] { secrets.active.list.map(\.fingerprint) }
    }

    private static let byFile = [
        "STRIPE_WEBHOOK_SECRET_FILE": "/s/webhook", "LINK_SIGNING_SECRET_FILE": "/s/link",
        "API_KEYS_FILE": "/s/keys",
    ]
    private static let texts = ["/s/webhook": old + "\n", "/s/link": link + "\n", "/s/keys": key + "\n"]

    private func bench() async throws -> Bench {
        try await Bench(Self.texts, environment: Self.byFile)
    }

    private func fingerprint(_ text: String) -> String { SHA256Digest(of: Array(text.utf8)).fingerprint }

    // MARK: When

    @Test func `a file that changed is taken when it is found the same twice, and then once`() async throws {
        let bench = try await bench()
        bench.files["/s/webhook"] = "\(Self.new),\(Self.old)"
        await bench.rotation.look()
        #expect(!bench.fingerprints.contains(fingerprint(Self.new)))
        await bench.rotation.look()
        #expect(bench.fingerprints.prefix(2) == [fingerprint(Self.new), fingerprint(Self.old)])
        await bench.rotation.look()
        #expect(bench.lines.all.count == 1)
        let line = try #require(bench.lines.all.first)
        #expect(line.contains("STRIPE_WEBHOOK_SECRET: added \(fingerprint(Self.new))"))
        #expect(!line.contains("whsec_"))
    }

    @Test func `a file that is still being written is not taken`() async throws {
        let bench = try await bench()
        for length in 8..<Self.new.count {
            bench.files["/s/webhook"] = String(Self.new.prefix(length))
            await bench.rotation.look()
        }
        #expect(bench.fingerprints.first == fingerprint(Self.old))
        bench.files["/s/webhook"] = Self.new
        await bench.rotation.look()
        await bench.rotation.look()
        #expect(bench.fingerprints.first == fingerprint(Self.new))
    }

    @Test func `a request reloads the files at once, changed or not`() async throws {
        let bench = try await bench()
        await bench.rotation.readNow()
        #expect(bench.lines.all.count == 1 && bench.lines.all[0].contains("\"changed\": nothing"))
        bench.files["/s/link"] = Self.link + "-another," + Self.link
        await bench.rotation.readNow()
        #expect(bench.fingerprints.contains(fingerprint(Self.link + "-another")))
        #expect(bench.lines.all.last?.contains("signing with") == true)
        #expect(bench.secrets.lastReading.takenAt == Instant(unixSeconds: 2000))
    }

    @Test func `settings from flags or variables stay, and their files are not read`() async throws {
        var environment = Self.byFile
        environment["STRIPE_WEBHOOK_SECRET_FILE"] = nil
        environment["STRIPE_WEBHOOK_SECRET"] = Self.old
        let bench = try await Bench(Self.texts, environment: environment)
        bench.files["/s/webhook"] = Self.new
        bench.files["/s/keys"] = Self.key + ",feed:" + String(repeating: "b", count: 64) + ":feed:read"
        await bench.rotation.readNow()
        #expect(bench.fingerprints.first == fingerprint(Self.old))
        #expect(bench.fingerprints.last == "bbbbbbbb")
    }

    @Test func `credentials of systemd are read again too`() async throws {
        let texts = ["/c/STRIPE_WEBHOOK_SECRET": Self.old, "/c/LINK_SIGNING_SECRET": Self.link]
        let bench = try await Bench(texts, environment: ["CREDENTIALS_DIRECTORY": "/c"])
        bench.files["/c/STRIPE_WEBHOOK_SECRET"] = Self.new
        await bench.rotation.readNow()
        #expect(bench.fingerprints.first == fingerprint(Self.new))
    }

    // MARK: What stays

    @Test(
        arguments: [
            ("/s/webhook", "", "STRIPE_WEBHOOK_SECRET: the file /s/webhook is empty"),
            ("/s/webhook", " \n", "STRIPE_WEBHOOK_SECRET: the file /s/webhook is empty"),
            ("/s/webhook", nil, "STRIPE_WEBHOOK_SECRET_FILE: the file /s/webhook cannot be read"),
            ("/s/webhook", "whsec_canary,,", "STRIPE_WEBHOOK_SECRET is invalid"),
            ("/s/link", "canary-too-short", "LINK_SIGNING_SECRET is invalid"),
            ("/s/keys", "", "API_KEYS: the file /s/keys is empty"),
            ("/s/keys", "ops:canary", "API_KEYS is invalid"),
            ("/s/keys", key + "," + key, "API_KEYS names a key twice"),
        ] as [(String, String?, String)]
    )
    func `an invalid setting keeps the current secrets, and is named without its value`(
        path: String,
        text: String?,
        words: String
    ) async throws {
        let bench = try await bench()
        let before = bench.fingerprints
        bench.files[path] = text
        await bench.rotation.look()
        await bench.rotation.look()
        await bench.rotation.look()
        #expect(bench.fingerprints == before)
        // Once, however often it is looked at.
        #expect(bench.lines.all.count == 1)
        let line = try #require(bench.lines.all.first)
        #expect(line.hasPrefix("error") && line.contains(words) && !line.contains("canary"))
        let reading = bench.secrets.lastReading
        #expect(!reading.isSuccessful && reading.problems.count == 1)
        #expect(reading.at == Instant(unixSeconds: 2000) && reading.takenAt == Instant(unixSeconds: 1000))
        bench.files[path] = Self.texts[path]
        await bench.rotation.look()
        await bench.rotation.look()
        #expect(bench.secrets.lastReading.isSuccessful)
        #expect(bench.fingerprints == before)
    }

    @Test func `a file that is too large or is no file keeps the current secrets`() async throws {
        for content in [FileContent.tooLarge, .unreadable] {
            let bench = try await bench()
            bench.files.put(content, at: "/s/keys")
            await bench.rotation.readNow()
            #expect(bench.secrets.lastReading.problems.first?.contains("API_KEYS_FILE") == true)
        }
    }

    // MARK: The configuration file

    private func yaml(_ webhook: String, more: String = "") -> String {
        "stripe: {webhook_secret: \(webhook)}\nlink_signing_secret: \(Self.link)\n\(more)"
    }

    private func benchOfYAML() async throws -> Bench {
        try await Bench(["/c.yaml": yaml(Self.old)], environment: [:], configurationFile: "/c.yaml")
    }

    @Test func `of the configuration file the secrets are taken, and what else changed is named`()
        async throws
    {
        let bench = try await benchOfYAML()
        bench.files["/c.yaml"] = yaml(Self.new, more: "port: 4000\nlog_level: debug\n")
        await bench.rotation.readNow()
        #expect(bench.fingerprints.first == fingerprint(Self.new))
        let warning = try #require(bench.lines.all.first { $0.hasPrefix("warning") })
        #expect(warning.contains("PORT, LOG_LEVEL") && warning.contains("need a restart"))
    }

    @Test func `a setting that the next start would refuse is said, and keeps no secret from being changed`()
        async throws
    {
        let bench = try await benchOfYAML()
        bench.files["/c.yaml"] = yaml(Self.new, more: "port: everywhere\n")
        await bench.rotation.readNow()
        #expect(bench.fingerprints.first == fingerprint(Self.new))
        #expect(bench.lines.all.contains { $0.contains("the next start would fail") && $0.contains("PORT") })
    }

    @Test(arguments: ["", "stripe: {webhook_sec", "webhook_secret: x", "- a", "{\"link_signing_secret\":"])
    func `a configuration file that is cut off or misspelt changes nothing`(text: String) async throws {
        let bench = try await benchOfYAML()
        let before = bench.fingerprints
        bench.files["/c.yaml"] = text
        await bench.rotation.readNow()
        #expect(bench.fingerprints == before)
        #expect(!bench.secrets.lastReading.isSuccessful)
        #expect(bench.lines.all.count == 1)
    }
}
