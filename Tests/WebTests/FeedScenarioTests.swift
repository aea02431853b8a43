import Foundation
import Scenarios
import TestSupport
import Testing

/// Every story of `testdata/scenarios`, posted over HTTP, against the feed that was worked out for it by hand.
@Suite(.timeLimit(.minutes(5)))
struct FeedScenarioTests {
    @Test(arguments: TestSupport.Scenario.all)
    func `a story posted in order gives the feed it must give`(scenario: TestSupport.Scenario) async throws {
        try await WebHarness.with { harness in
            for payload in scenario.payloads { try await harness.deliver(payload) }
            try await expectFeed(of: harness, toBe: scenario.feed)
        }
    }

    @Test(arguments: TestSupport.Scenario.all)
    func `a story posted shuffled, twice and from many sides gives the same feed`(
        scenario: TestSupport.Scenario
    ) async throws {
        var random = SeededRandom(seed: UInt64(scenario.payloads.count))
        let payloads = (scenario.payloads + scenario.payloads).shuffled(using: &random)
        try await WebHarness.with { harness in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for side in 0..<4 {
                    group.addTask {
                        for index in stride(from: side, to: payloads.count, by: 4) {
                            try await harness.deliver(payloads[index])
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await expectFeed(of: harness, toBe: scenario.feed)
        }
    }

    private func expectFeed(of harness: WebHarness, toBe expected: [JSONText]) async throws {
        let found = try await allRows(harness)
        #expect(found.count == expected.count)
        for (row, expectedRow) in zip(found, expected) { #expect(row == expectedRow) }
    }

    /// Every row, page by page, without the signed link.
    private func allRows(_ harness: WebHarness) async throws -> [JSONText] {
        var rows: [JSONText] = []
        var cursor = ""
        while true {
            let answer = try await harness.get("/v1/transactions?limit=100\(cursor)")
            let list = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
            let page = list["data"] as? [[String: Any]] ?? []
            rows += try page.map { try JSONText(withoutLink($0)) }
            guard list["has_more"] as? Bool == true, let last = page.last?["id"] as? String else {
                return rows
            }
            cursor = "&starting_after=\(last)"
        }
    }

    private func withoutLink(_ row: [String: Any]) -> [String: Any] {
        var row = row
        var receipt = row["receipt"] as? [String: Any]
        receipt?["url"] = nil
        row["receipt"] = receipt
        return row
    }
}
