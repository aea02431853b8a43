import Billing
import Foundation
import StripeAPI
import Testing

@testable import ConsoleBilling

struct DiagnosisTests {
    private func configuration(_ given: [Setting: String]) throws -> ServiceConfiguration {
        let required: [Setting: String] = [
            .webhookSecret: "whsec_1234567890123456", .linkSigningSecret: String(repeating: "s", count: 32),
        ]
        let flags = required.merging(given) { $1 }
        return try ServiceConfiguration(
            SettingValues(flags: flags, environment: [:], configurationFile: nil)
        )
    }

    @Test(
        arguments: [
            (400, "payload_invalid", CheckResult.State.good), (400, "signature_mismatch", .bad),
            (400, "timestamp_outside_tolerance", .bad), (404, nil, .bad), (200, nil, .bad),
        ] as [(Int, String?, CheckResult.State)]
    )
    func `the answer to a signed nothing tells whether the secrets agree`(
        status: Int,
        code: String?,
        state: CheckResult.State
    ) {
        #expect(ServiceCheck.judge(status: status, code: code).state == state)
    }

    @Test(
        arguments: [
            ("sk_test_1", nil, CheckResult.State.good), ("rk_live_1", true, .good),
            ("sk_live_1", false, .bad),
            ("pk_test_1", nil, .bad), ("sk_org_1", nil, .advice), ("sk_org_1", true, .good),
        ] as [(String, Bool?, CheckResult.State)]
    )
    func `a key of the wrong mode is found`(key: String, livemode: Bool?, state: CheckResult.State) throws {
        let result = StripeCheck.mode(of: try #require(StripeSecretKey(key)), livemode)
        #expect(result.state == state)
        #expect(!result.sentence.contains(key))
    }

    @Test(
        arguments: [(-61, CheckResult.State.bad), (-60, .good), (0, .good), (60, .good), (61, .bad)]
            as [(Int64, CheckResult.State)]
    )
    func `a clock may differ by a minute`(ahead: Int64, state: CheckResult.State) {
        let theirs = Instant(unixSeconds: 1_790_000_000)
        let result = MachineCheck.clock(theirs.adding(seconds: ahead), against: theirs, of: "Stripe")
        #expect(result.state == state)
    }

    @Test func `a clock that was never set is found`() {
        #expect(MachineCheck.clock(Instant(unixSeconds: 0)).state == .bad)
        #expect(MachineCheck.clock(Instant(unixSeconds: 1_790_000_000)).state == .good)
    }

    @Test func `a folder that cannot be written to is found`() {
        let results = MachineCheck(databasePath: "/dev/null/database.sqlite").results(now: .now)
        #expect(results.first { $0.name == "database.folder" }?.state == .bad)
    }

    @Test func `a database behind a link is measured and looked at where it is`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "database-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = FileManager.default
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        let (file, link) = (folder.appending(path: "file").path, folder.appending(path: "link").path)
        #expect(files.createFile(atPath: file + "-wal", contents: Data(count: 512)))
        try files.createSymbolicLink(atPath: link, withDestinationPath: file)
        let sizes = DatabaseMetrics(path: link).families()[0].text
        #expect(sizes.contains(#"{file="wal"} 512"#))

        try files.removeItem(atPath: link)
        try files.createSymbolicLink(atPath: link, withDestinationPath: "/dev/null/database.sqlite")
        let results = MachineCheck(databasePath: link).results(now: .now)
        #expect(results.first { $0.name == "database.folder" }?.state == .bad)
    }

    @Test func `a server to which the password would go in clear text is not asked`() async throws {
        // Nothing listens on port 1: a request would have reported that nothing answers.
        let database = try DatabaseLocation.parse("postgres://u:canary@db.example:1/b?hostaddr=127.0.0.1")
        let results = await DatabaseCheck.results(database)
        #expect(results.map(\.state) == [.skipped])
    }

    @Test func `a folder in the place of the database is found, and not advised to be closed to its user`()
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.path
        let results =
            MachineCheck(databasePath: folder).results(now: .now)
            + (await DatabaseCheck.results(.sqlite(path: folder)))
        #expect(results.first { $0.name == "database.file" }?.state == .bad)
        #expect(!results.contains { $0.sentence.contains("chmod") })
    }

    @Test(arguments: [("192.0.2.1", CheckResult.State.bad), ("127.0.0.1", .good)])
    func `an address that is not this machine's is found, also while the service runs`(
        host: String,
        state: CheckResult.State
    ) throws {
        let configuration = try configuration([.host: host, .port: "0"])
        for isRunning in [false, true] {
            #expect(ListenCheck.result(configuration, isRunning: isRunning).state == state)
        }
    }

    @Test func `an archive that is not there, or is a file, is found`() throws {
        let here = FileManager.default.temporaryDirectory.path
        for (folder, state) in [
            (here, CheckResult.State.good), (here + "/absent", .bad), ("/dev/null", .bad),
        ] {
            let archive = try configuration([.eventArchive: folder]).archive
            #expect(ArchiveCheck.results(archive).map(\.state) == [state], "\(folder)")
        }
        #expect(ArchiveCheck.results(nil).isEmpty)
    }

    @Test func `a database that others can read is found`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "database-\(UUID().uuidString)")
            .path(percentEncoded: false)
        defer { try? FileManager.default.removeItem(atPath: file) }
        func privacy(_ permissions: Int) throws -> CheckResult.State? {
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: file)
            return MachineCheck(databasePath: file).results(now: .now)
                .first { $0.name == "database.privacy" }?.state
        }
        #expect(FileManager.default.createFile(atPath: file, contents: Data()))
        #expect(try privacy(0o644) == .bad)
        #expect(try privacy(0o600) == .good)
    }
}
