import Billing
import Storage
import Testing

@testable import Web

/// The scope usage:write permits to request and see usage syncs.
@Suite(.timeLimit(.minutes(5)))
struct UsageSyncRoutesTests {
    @Test func `one pass at a time is asked for, and it is shown`() async throws {
        try await WebHarness.with { harness in
            let begun = try await harness.post("/v1/usage/syncs", key: .usage)
            #expect(begun.status == 202)
            let id = try #require(begun.json["id"]?.string)
            #expect(begun.json["object"]?.string == "usage_sync")
            #expect(begun.json["state"]?.string == "waiting")
            #expect(begun.json["source"]?.string == "indexer")
            #expect(begun.json["pass"]?.integer == 1)
            #expect(try await harness.post("/v1/usage/syncs", key: .usage).json["id"]?.string == id)
            for name in [id, "latest"] {
                let shown = try await harness.get("/v1/usage/syncs/\(name)", key: .usage)
                #expect(shown.status == 200)
                #expect(shown.json["id"]?.string == id)
            }
            let run = try #require(try await harness.store.job(id: "usage_sync"))
            #expect(run.syncProgress?.isFull == false)
            #expect(try await harness.get("/v1/backfills/\(id)", key: .ops).status == 404)
        }
    }

    @Test func `the result of a pass is shown, with the age of the chain's last block`() async throws {
        try await WebHarness.with { harness in
            _ = try await harness.post("/v1/usage/syncs?full=true", key: .usage)
            var run = try #require(try await harness.store.job(id: "usage_sync"))
            var progress = try #require(run.syncProgress)
            #expect(progress.isFull)
            progress.leases = 7
            progress.leasesChanged = 3
            progress.add(
                (1...12).map {
                    SetAsideLease(lease: "akash1o/\($0)/1/1/0/akash1p", fault: "its price is NaN")
                }
            )
            progress.addMissing(
                (1...11).map {
                    LeaseIdentity(
                        chainID: "akashnet-2",
                        owner: "akash1o",
                        dseq: $0,
                        gseq: 1,
                        oseq: 1,
                        bseq: 1,
                        provider: "akash1p"
                    )
                }
            )
            progress.vanished = 4
            progress.completed = ChainHead(
                height: 9_007_199_254_740_993,
                at: harness.clock.now.adding(seconds: -40)
            )
            run.keep(progress)
            _ = try await harness.store.replace(run.left(.completed, now: harness.clock.now))
            let shown = try await harness.get("/v1/usage/syncs/latest", key: .usage).json
            #expect(shown["state"]?.string == "completed")
            #expect(shown["leases"]?.integer == 7)
            #expect(shown["leases_changed"]?.integer == 3)
            #expect(shown["indexed_height"]?.string == "9007199254740993")
            #expect(shown["lag_seconds"]?.integer == 40)
            #expect(shown["set_aside"]?.integer == 12)
            #expect(shown["missing"]?.integer == 11 && shown["vanished"]?.integer == 4)
            #expect(shown["missing_leases"]?.array.count == 10)
            #expect(shown["missing_leases"]?.array.first?.string == "akashnet-2/akash1o/1/1/1/1/akash1p")
            #expect(shown["set_aside_leases"]?.array.count == 10)
            #expect(shown["set_aside_leases"]?.array.first?["lease"]?.string == "akash1o/1/1/1/0/akash1p")
            #expect(shown["set_aside_leases"]?.array.first?["fault"]?.string == "its price is NaN")
            // It grows while nothing comes.
            harness.clock.advance(seconds: 60)
            let metrics = try await harness.get("/metrics", key: .metrics).text
            #expect(metrics.contains("\nconsole_billing_usage_lag_seconds 100\n"))
            #expect(metrics.contains("\nconsole_billing_usage_set_aside_leases 12\n"))
            #expect(metrics.contains("\nconsole_billing_usage_missing_leases 11\n"))
            let failed = #"console_billing_last_job_state{kind="usage_sync",state="failed"} 0"#
            #expect(metrics.contains("\n\(failed)\n"))
        }
    }

    @Test func `before anything was synced there is no lag to tell`() async throws {
        try await WebHarness.with { harness in
            _ = try await harness.post("/v1/usage/syncs", key: .usage)
            let metrics = try await harness.get("/metrics", key: .metrics).text
            #expect(metrics.contains("# TYPE console_billing_usage_lag_seconds gauge\n"))
            #expect(!metrics.contains("\nconsole_billing_usage_lag_seconds "))
        }
    }

    @Test func `without a source no sync is begun`() async throws {
        var settings = WebHarness.Settings()
        settings.usageSource = nil
        try await WebHarness.with(settings) { harness in
            let answer = try await harness.post("/v1/usage/syncs", key: .usage)
            #expect(answer.status == 409)
            #expect(answer.errorCode == "usage_source_missing")
            #expect(try await harness.store.job(id: "usage_sync") == nil)
        }
    }

    @Test(arguments: ["full=yes", "full=1", "since=1d"])
    func `an invalid request is refused and begins nothing`(query: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.post("/v1/usage/syncs?\(query)", key: .usage)
            #expect(answer.status == 400)
            #expect(try await harness.store.job(id: "usage_sync") == nil)
        }
    }

    @Test func `a node gives only leases, and the answer says so`() async throws {
        var settings = WebHarness.Settings()
        settings.usageSource = UsageSyncSource(.node, chainID: "akashnet-2")
        try await WebHarness.with(settings) { harness in
            let begun = try await harness.post("/v1/usage/syncs", key: .usage).json
            #expect(begun["source"]?.string == "node")
            #expect(begun["note"]?.string?.contains("/v1/usage/calendar") == true)
        }
    }
}
