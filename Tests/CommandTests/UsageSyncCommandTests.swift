import ArgumentParser
import Billing
import Storage
import Testing
import Web

@testable import ConsoleBilling

/// How a sync is configured, and how the command ends that asked for one.
struct UsageSyncCommandTests {
    private static func configuration(_ more: [String: String]) throws -> ServiceConfiguration {
        try ServiceConfiguration(
            SettingValues(
                flags: [:],
                environment: [
                    "STRIPE_WEBHOOK_SECRET": "whsec_of_the_usage_tests",
                    "LINK_SIGNING_SECRET": String(repeating: "-", count: 32),
                ].merging(more) { $1 },
                configurationFile: nil
            )
        )
    }

    @Test func `no source is read unless one is configured, and of two the indexer`() throws {
        #expect(try Self.configuration([:]).usageSync == nil)
        let node = try #require(try Self.configuration(["AKASH_NODE_URL": "http://127.0.0.1:1317"]).usageSync)
        #expect(node.source == UsageSyncSource(.node, chainID: "akashnet-2"))
        #expect(node.intervalSeconds == 300)
        let both = try #require(
            try Self.configuration([
                "AKASH_NODE_URL": "http://127.0.0.1:1317",
                "USAGE_INDEXER_URL": "postgres://u:p@127.0.0.1/console",
                "AKASH_CHAIN_ID": "sandbox-01", "USAGE_SYNC_INTERVAL": "0",
            ]).usageSync
        )
        #expect(both.source == UsageSyncSource(.indexer, chainID: "sandbox-01"))
        #expect(both.intervalSeconds == 0)
    }

    @Test(arguments: [
        ("USAGE_INDEXER_URL", "mysql://u:sesame@h/console"), ("AKASH_NODE_URL", "https://u:sesame@h.example"),
        ("AKASH_NODE_URL", "node.example"), ("AKASH_CHAIN_ID", "akash net"), ("AKASH_USDC_DENOMS", "ibc/A,!"),
        ("USAGE_SYNC_INTERVAL", "5"), ("USAGE_SYNC_INTERVAL", "often"),
    ])
    func `an invalid value stops the start, is named and not repeated`(
        name: String,
        value: String
    ) throws {
        #expect {
            try Self.configuration([name: value])
        } throws: { error in
            let text = "\(error)"
            return text.contains(name) && !text.contains("sesame")
        }
    }

    @Test(
        arguments: [
            (Job.State.completed, nil, 0, 0), (.completed, nil, 2, 1),
            (.failed, .sourceUnavailable, 0, 75),
            (.failed, .storeUnavailable, 0, 75), (.failed, .sourceRefused, 0, 78),
            (.failed, .unreadable, 0, 65),
            (.running, nil, 0, 0),
        ] as [(Job.State, UsageSyncProgress.Failure?, Int, Int32)]
    )
    func `the exit code says who has to do something`(
        state: Job.State,
        failure: UsageSyncProgress.Failure?,
        contradictions: Int,
        code: Int32
    ) {
        var progress = UsageSyncProgress(source: .indexer, chainID: "akashnet-2")
        progress.failure = failure
        progress.contradictions = contradictions
        let now = Instant(unixSeconds: 1_790_000_000)
        var run = Job(id: "us_1", kind: .usageSync, state: state, dueAt: nil, createdAt: now)
        run.keep(progress)
        #expect(UsageSyncResponse(run, newestDay: nil, now: now).exitCode.rawValue == code)
    }
}
