import ArgumentParser
import Billing
import Cryptography
import Scenarios
import Testing
import Web
import Webhooks

@testable import ConsoleBilling

struct CommandLineTests {
    /// The exit code and the message of invalid arguments.
    private func refusal(_ arguments: [String]) -> (code: Int32, message: String)? {
        do {
            _ = try ConsoleBilling.parseAsRoot(arguments)
            return nil
        } catch {
            return (ConsoleBilling.exitCode(for: error).rawValue, ConsoleBilling.fullMessage(for: error))
        }
    }

    @Test(
        arguments: [
            ["replay"], ["replay", "x", "--concurrency", "0"], ["replay", "x", "--rate", "0"],
            ["replay", "x", "--duplicate", "-1"], ["replay", "x", "--format", "xml"], ["trigger"],
            ["trigger", "purchase", "--amount", "0"], ["trigger", "purchase", "--currency", "us-dollars"],
            ["trigger", "purchase", "--customer", "cus 1"], ["events", "list", "--limit", "0"],
            ["events", "show"], ["keys", "new", "console"], ["keys", "new", "con:sole", "--scope", "ops"],
            ["keys", "new", "", "--scope", "ops"], ["keys", "new", "console", "--scope", "root"],
            ["nonsense"],
        ]
    )
    func `invalid arguments end with 64`(arguments: [String]) {
        #expect(refusal(arguments)?.code == 64)
    }

    @Test(
        arguments: [
            ["replay", "-"], ["replay", "a.json", "b", "--shuffle", "7", "--duplicate", "2", "--fresh-ids"],
            ["trigger", "--list"], ["trigger", "purchase", "refund.full", "--customer", "cus_1"],
            ["events", "reproject"], ["events", "resend", "evt_1", "evt_2"],
            ["keys", "new", "console_2-a", "--scope", "feed:read", "--scope", "ops"], ["doctor"],
        ]
    )
    func `arguments that can be right are taken`(arguments: [String]) {
        #expect(refusal(arguments)?.message == nil)
    }

    @Test(arguments: [("purchas", "purchase"), ("refund.ful", "refund.full"), ("dispute.win", "dispute.won")])
    func `a misspelt story is met with the one that was meant`(name: String, meant: String) {
        #expect(refusal(["trigger", name])?.message.contains("Did you mean \(meant)?") == true)
    }

    @Test func `a misspelt scope is met with those there are`() {
        let message = refusal(["keys", "new", "console", "--scope", "feed:raed"])?.message
        #expect(message?.contains("feed:read") == true)
    }

    // MARK: trigger

    private func stories(_ arguments: [String]) throws -> [Fixture] {
        let command = try #require(try ConsoleBilling.parseAsRoot(["trigger"] + arguments) as? TriggerCommand)
        return try command.stories(now: Instant(unixSeconds: 1_800_000_000))
    }

    @Test func `stories triggered together share a customer and differ in payments`() throws {
        let stories = try stories(["purchase", "purchase", "dispute.lost"])
        #expect(Set(stories.flatMap(\.rows).map(\.customer)).count == 1)
        #expect(Set(stories.flatMap(\.rows).map(\.id)).count == 4)
    }

    @Test func `a seed makes the same stories, and none makes others each time`() throws {
        let bodies = try stories(["purchase", "--seed", "3"]).flatMap(\.events).map(\.body)
        #expect(try stories(["purchase", "--seed", "3"]).flatMap(\.events).map(\.body) == bodies)
        #expect(try stories(["purchase"]).flatMap(\.events).map(\.body) != bodies)
    }

    @Test func `no event is in the future`() throws {
        let events = try stories(ScenarioCatalog.names).flatMap(\.events)
        #expect(events.map(\.created).max() == Instant(unixSeconds: 1_800_000_000))
    }

    // MARK: keys new

    @Test func `the service reads the entry of a new key, and knows the key by it`() throws {
        let new = NewKey(name: "console", scopes: [.ops, .feedRead, .ops])
        let entry = try APIKey(parsing: new.entry)
        #expect(entry.name == "console")
        #expect(entry.scopes == [.feedRead, .ops])
        #expect(entry.digest == SHA256Digest(of: Array(new.key.utf8)))
        #expect(new.entry.hasSuffix(":feed:read+ops"))
    }

    @Test func `every new key is another`() {
        let keys = (0..<50).map { _ in NewKey(name: "a", scopes: [.ops]).key }
        #expect(Set(keys).count == 50)
        #expect(keys.allSatisfy { $0.hasPrefix("cbk_") && $0.count == 47 })
    }
}
