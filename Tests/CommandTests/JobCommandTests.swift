import ArgumentParser
import Billing
import Foundation
import JSON
import Storage
import Testing
import Web

@testable import ConsoleBilling

/// The options, output and exit codes of `backfill` and `reconcile`.
struct JobCommandTests {
    private func refusal(_ arguments: [String]) -> (code: Int32, message: String)? {
        do {
            _ = try ConsoleBilling.parseAsRoot(arguments)
            return nil
        } catch {
            return (ConsoleBilling.exitCode(for: error).rawValue, ConsoleBilling.fullMessage(for: error))
        }
    }

    @Test(arguments: [
        ["backfill"], ["backfill", "--since", "yesterday"], ["backfill", "--since", "30"],
        ["backfill", "--since", "30d", "--until", "60d"], ["backfill", "--since", "30d", "--rate", "0"],
        ["backfill", "--since", "30d", "--rate", "500"],
        ["backfill", "--since", "30d", "--max-requests", "0"],
        ["backfill", "--since", "30d", "--fix"], ["reconcile"], ["reconcile", "--since", "2026-02-30"],
        ["reconcile", "--since", "7d", "--account", "acct 1"],
        ["reconcile", "--since", "7d", "--undelivered-only"],
    ])
    func `an invalid period ends with 64`(arguments: [String]) {
        #expect(refusal(arguments)?.code == 64)
    }

    @Test(arguments: [
        ["backfill", "--since", "30d"], ["backfill", "--since", "12h", "--rate", "0.5", "--yes"],
        ["backfill", "--since", "1750000000", "--undelivered-only", "--format", "json"],
        ["reconcile", "--since", "2025-06-15", "--until", "2025-06-30", "--fix", "--account", "acct_1"],
        ["reconcile", "--since", "2025-06-15T00:00:00+02:00", "--max-requests", "100"],
    ])
    func `a period in any spelling is taken`(arguments: [String]) {
        #expect(refusal(arguments)?.message == nil)
    }

    @Test func `the error names the option and the accepted values`() {
        let message = refusal(["backfill", "--since", "soon"])?.message ?? ""
        #expect(message.contains("--since"))
        #expect(message.contains("30d"))
        let limit = refusal(["backfill", "--since", "30d", "--max-requests", "0"])?.message ?? ""
        #expect(limit.contains("--max-requests"))
    }

    private func run(
        _ state: Job.State,
        _ change: (inout JobProgress) -> Void = { _ in }
    ) throws -> ServedJob {
        var run = Job(id: "bf_1", kind: .backfill, dueAt: nil, createdAt: Instant(unixSeconds: 0))
        var progress = JobProgress()
        change(&progress)
        run.keep(progress)
        run.state = state
        run.reason = "why"
        return try decoded(ServedJob.self, from: JSONWriter.bytes(of: JobResponse(run, isRun: true)))
    }

    @Test func `how it ends says what became of it`() throws {
        #expect(try run(.completed).exitCode.rawValue == 0)
        #expect(try run(.completed) { $0.note("charges: 403") }.exitCode.rawValue == 1)
        #expect(try run(.paused).exitCode.rawValue == 64)
        #expect(try run(.failed) { $0.failure = .keyRefused }.exitCode.rawValue == 78)
        #expect(try run(.failed) { $0.failure = .stripeUnavailable }.exitCode.rawValue == 75)
        func drift(_ count: Int, repaired: Int) throws -> Int32 {
            try run(.completed) { progress in
                var comparison = Comparison()
                comparison.driftCount = count
                comparison.repaired = repaired
                progress.comparison = comparison
            }.exitCode.rawValue
        }
        #expect(try drift(0, repaired: 0) == 0)
        #expect(try drift(3, repaired: 3) == 0)
        #expect(try drift(3, repaired: 2) == 1)
    }

    @Test func `the answer of the service is read as it was meant`() throws {
        let read = try run(.failed) { progress in
            progress.requests = 7
            progress.failure = .keyRefused
            progress.note("one")
        }
        #expect(read.requests == 7)
        #expect(read.exitCode == Sysexits.configuration)
        #expect(read.complaints == ["why", "one"])
    }

    @Test func `the line says how far it is, how fast it goes and how long it takes`() throws {
        let run = try run(.running) { progress in
            progress.requests = 50
            progress.listed = 4000
            progress.recorded = 3900
            var list = ListProgress(.charges, from: Instant(unixSeconds: 0), through: nil)
            list.state = .walking
            list.pages = 50
            list.newest = Instant(unixSeconds: 1000)
            list.reached = Instant(unixSeconds: 500)
            progress.lists = [list]
        }
        let line = ProgressLine.text(run, requestsPerSecond: 2.5)
        #expect(line.contains("50/100 50%"))
        #expect(line.contains("4000 listed, 3900 new, 2.5 requests/s, 00:20 left"))
        #expect(!ProgressLine.text(run, requestsPerSecond: 0).contains("left"))
    }

    @Test func `drift is a table that no event can break`() {
        let table = ReconcileCommand.table([
            Drift(.missingHere, id: "pi_1", type: "purchase", theirs: "succeeded 2500 usd"),
            Drift(
                .differs,
                id: "re_1",
                type: "refund",
                field: "status",
                ours: "succeeded\u{1B}[2J",
                theirs: "failed"
            ),
        ]).text
        let lines = table.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].hasPrefix("missing here"))
        #expect(lines[1].contains("succeeded 2500 usd"))
        #expect(!table.contains("\u{1B}"))
    }
}
