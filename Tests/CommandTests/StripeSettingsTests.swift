import StripeAPI
import Testing

@testable import ConsoleBilling

/// The settings that say how Stripe's API is asked.
struct StripeSettingsTests {
    private func configuration(_ given: [Setting: String]) throws(ConfigurationError) -> ServiceConfiguration
    {
        var flags: [Setting: String] = [
            .webhookSecret: "whsec_of_all_these_tests",
            .linkSigningSecret: "a-secret-of-at-least-thirty-two-bytes",
        ]
        flags.merge(given) { $1 }
        return try ServiceConfiguration(
            SettingValues(flags: flags, environment: [:], configurationFile: nil)
        )
    }

    @Test(arguments: ["2025-11-17.clover", "2025-11-18.clover", "2026-09-30.endive", "2027-03-31.fig"])
    func `a version from the least one on is asked in`(version: String) throws {
        #expect(try configuration([.stripeAPIVersion: version]).stripeAPIVersion.text == version)
    }

    @Test func `without a version the pinned one is asked in, which is new enough`() throws {
        #expect(try configuration([:]).stripeAPIVersion == .pinned)
        #expect(!StripeAPIVersion.pinned.isOlder(than: LeastVersion.floor.version))
    }

    @Test(arguments: ["2025-11-16.clover", "2025-10-29.clover", "2022-11-15"])
    func `an older version is refused with the least one and the call that needs it`(version: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try configuration([.stripeAPIVersion: version])
        }
        #expect(error?.problems.count == 1)
        let words = ["STRIPE_API_VERSION", version, "2025-11-17.clover", "GET /v1/invoice_payments?created"]
        for word in words { #expect(error?.description.contains(word) == true) }
    }

    @Test(arguments: [
        "2025-11-17.", "2025-13-17.clover", "2025-00-17.clover", "2025-11-00", "2025-11-32", "clover",
    ])
    func `an invalid version is refused with a valid example`(version: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try configuration([.stripeAPIVersion: version])
        }
        #expect(error?.problems.count == 1)
        #expect(error?.description.contains("STRIPE_API_VERSION is invalid") == true)
        #expect(error?.description.contains("from 2025-11-17.clover on") == true)
    }
}
