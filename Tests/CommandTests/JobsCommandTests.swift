import Billing
import JSON
import Storage
import Testing
import Web

@testable import ConsoleBilling

/// `console-billing jobs`.
struct JobsCommandTests {
    private static let now = Instant(unixSeconds: 1_800_000_000)

    @Test func `a row says what the job is about, its next time and why it waits`() throws {
        let key = FetchKey(.refunds(charge: "ch_1"), account: "acct_1")
        var waiting = Job(fetching: key, askedAt: Self.now.adding(seconds: 45))
        waiting.reason = "stripe: 500"
        waiting.attempts = 2
        let failed = Job(only: .retention, now: Self.now).left(.failed, reason: "no folder", now: Self.now)
        let due = Job(only: .usageSync, now: Self.now)
        let jobs = try [waiting, failed, due].map { job in
            try decoded(ServedJob.self, from: JSONWriter.bytes(of: JobResponse(job)))
        }
        let table = JobsCommand.table(jobs, now: Self.now).text
        let rows = table.split(separator: "\n").map { $0.split(separator: /\s\s+/).map(String.init) }
        #expect(rows[0] == ["JOB", "KIND", "STATE", "ATTEMPTS", "NEXT", "ABOUT", "REASON"])
        #expect(
            rows[1] == [
                "charge.refunds:ch_1@acct_1", "fetch", "waiting", "2", "in 1 min", "charge.refunds ch_1",
                "stripe: 500",
            ]
        )
        #expect(rows[2] == ["retention", "retention", "failed", "0", "never", "no folder"])
        #expect(rows[3] == ["usage_sync", "usage_sync", "waiting", "0", "now"])
    }
}
