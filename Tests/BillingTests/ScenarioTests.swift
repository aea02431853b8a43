import Billing
import TestSupport
import Testing

/// Every story of `testdata/scenarios`, against the feed that was worked out for it by hand.
struct ScenarioTests {
    @Test(arguments: Scenario.all)
    func `a story gives the feed it must give`(scenario: Scenario) throws {
        let rows = NaiveFeed.rows(of: scenario.payloads)
        let found = try rows.map { try $0.feedJSON }
        #expect(found.count == scenario.feed.count)
        for (row, expected) in zip(found, scenario.feed) { #expect(row == expected) }
    }

    @Test func `there are the stories that there should be`() {
        #expect(Scenario.all.count >= 30)
    }
}
