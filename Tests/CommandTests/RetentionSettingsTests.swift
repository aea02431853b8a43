import Testing
import BackgroundJobs

@testable import ConsoleBilling

/// How long bodies are kept, and where they go then.
struct RetentionSettingsTests {
    private func configuration(_ settings: [String: String]) throws -> ServiceConfiguration {
        let required = [
            "STRIPE_WEBHOOK_SECRET": "whsec_1234567890123456",
            "LINK_SIGNING_SECRET": String(repeating: "s", count: 32),
        ]
        return try ServiceConfiguration(
            SettingValues(
                flags: [:],
                environment: required.merging(settings) { $1 },
                configurationFile: nil
            )
        )
    }

    @Test func `bodies are kept for ever unless it is said otherwise`() throws {
        #expect(try configuration([:]).retention == nil)
        #expect(try configuration(["EVENT_BODY_RETENTION_DAYS": "0"]).retention == nil)
    }

    @Test(arguments: [31, 36_500] as [Int64])
    func `they go after so many days, into the archive where there is one`(days: Int64) throws {
        let settings = ["EVENT_BODY_RETENTION_DAYS": String(days)]
        #expect(try configuration(settings).retention == RetentionRules(days: days, archive: nil))
        let archived = try configuration(settings.merging(["EVENT_ARCHIVE": "/srv/events"]) { $1 })
        #expect(
            archived.retention == RetentionRules(days: days, archive: EventArchive(folder: "/srv/events"))
        )
    }

    @Test(arguments: ["30", "-1", "36501", "a month"])
    func `a time that Stripe outlasts is refused, with why`(days: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try configuration(["EVENT_BODY_RETENTION_DAYS": days])
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("EVENT_BODY_RETENTION_DAYS"))
        #expect("\(error.map { "\($0)" } ?? "")".contains("30 days"))
    }

    @Test(arguments: ["archive", "./archive"])
    func `a folder by a path that depends on where the service is started is refused`(path: String) {
        #expect(throws: ConfigurationError.self) { try configuration(["EVENT_ARCHIVE": path]) }
    }
}
