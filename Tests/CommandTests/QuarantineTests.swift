import ArgumentParser
import Billing
import Foundation
import JSON
import Storage
import Testing
import Web

@testable import ConsoleBilling

/// The commands about events that could not be read.
struct QuarantineTests {
    private static func record(
        _ id: String,
        outcome: String = "quarantined",
        reason: String? = "data.object.amount is missing",
        object: String? = "ch_1",
        receivedAt: Int64 = 1_800_000_000
    ) throws -> EventEntry {
        var json: [String: Any] = [
            "id": id, "type": "charge.failed", "created": receivedAt, "received_at": receivedAt,
            "livemode": false,
            "source": "webhook", "outcome": outcome, "size": 9, "cursor": "\(id)@",
        ]
        json["reason"] = reason
        json["object_id"] = object
        return try EventResponse(json: Array(JSONSerialization.data(withJSONObject: json))).entry
    }

    @Test func `each is listed with its reason, object and age, and then the next step`() throws {
        let records = [
            try Self.record("evt_2", receivedAt: 1_800_000_000),
            try Self.record("evt_1", object: nil, receivedAt: 1_799_900_000),
        ]
        let text = EventsQuarantineCommand.text(records, now: Instant(unixSeconds: 1_800_007_300))
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("evt_2  charge.failed about ch_1  received 20"))
        #expect(lines[0].hasSuffix(", 2 h ago"))
        #expect(lines[1] == "    data.object.amount is missing")
        #expect(lines[2].hasPrefix("evt_1  charge.failed  received"))
        #expect(lines[4] == "What to do:")
        // The newest is shown, and Stripe is asked from the oldest on.
        #expect(lines[5].contains("console-billing events show evt_2 "))
        #expect(lines[6].contains("console-billing reconcile --since 2027-01-14 --fix "))
        #expect(lines[7].contains("console-billing events retry "))
    }

    @Test func `the commands it proposes are such as the program takes`() throws {
        let text = EventsQuarantineCommand.text(
            [try Self.record("evt_1", receivedAt: 1_750_000_000)],
            now: Instant(unixSeconds: 1_750_000_000)
        )
        // Two spaces separate a command from its description.
        let commands = text.split(separator: "\n").flatMap { $0.split(separator: "  ") }
            .map { $0.trimmingPrefix(" ") }
            .filter { $0.hasPrefix("console-billing ") }
            .map { $0.dropFirst("console-billing ".count) }
        #expect(commands.count == 3)
        for command in commands {
            #expect(throws: Never.self, "\(command)") {
                _ = try ConsoleBilling.parseAsRoot(command.split(separator: " ").map(String.init))
            }
        }
    }

    @Test func `nothing is quarantined`() {
        #expect(EventsQuarantineCommand.text([], now: Instant(unixSeconds: 0)) == "Nothing is quarantined.")
    }

    @Test func `nothing that an event says moves the cursor`() throws {
        let text = EventsQuarantineCommand.text(
            [try Self.record("evt_\u{1B}[2J", reason: "a\u{07}", object: "ch_\r")],
            now: Instant(unixSeconds: 0)
        )
        #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
    }

    @Test func `a retry counts the events it could read and lists the others, with today's reason`() throws {
        var outcome = EventsRetryCommand.Outcome()
        #expect(outcome.text == "Nothing is quarantined.")
        outcome.add(try Self.record("evt_1", outcome: "projected", reason: nil), changedRows: 2)
        outcome.add(try Self.record("evt_2", reason: "data.object.id is missing"), changedRows: 0)
        #expect(
            outcome.text == """
                evt_2  charge.failed
                    data.object.id is missing
                1 repaired, 2 rows of the feed changed; 1 still cannot be read.
                """
        )
        #expect(
            outcome.json.compact
                == #"{"object":"retry","repaired":["evt_1"],"failed":[{"id":"evt_2","type":"charge.failed","reason":"data.object.id is missing"}],"changed":2}"#
        )
    }

    // MARK: Options of the list

    private func refusal(_ arguments: [String]) -> String? {
        do {
            _ = try ConsoleBilling.parseAsRoot(["events"] + arguments)
            return nil
        } catch {
            return ConsoleBilling.fullMessage(for: error)
        }
    }

    @Test(
        arguments: [
            (["list", "--since", "yesterday"], "--since takes 30d or 12h"),
            (["list", "--until", "30"], "--until takes 30d or 12h"),
            (["list", "--outcome", "lost"], "'quarantined' or 'other_mode'"),
            (["list", "--limit", "0"], "--limit takes a number from 1"),
            (["list", "--limit", "5", "--all"], "--all knows no --limit"),
            (["list", "--ending-before", "evt_1", "--limit", "101"], "100 at most"),
            (["list", "--ending-before", "evt_1", "--starting-after", "evt_2"], "not both"),
            (["quarantine", "--format", "xml"], "'table', 'json' or 'jsonl'"),
        ]
    )
    func `an invalid filter is refused with the accepted values`(arguments: [String], words: String) {
        #expect(refusal(arguments)?.contains(words) == true, "\(refusal(arguments) ?? "taken")")
    }

    @Test(
        arguments: [
            ["list", "--since", "12h", "--until", "2026-11-01", "--account", "acct_1", "--livemode", "true"],
            ["list", "--limit", "101"], ["list", "--all", "--format", "jsonl"],
            ["list", "--format", "human"],
            ["quarantine", "--all"], ["retry"], ["retry", "evt_1", "evt_2"],
        ]
    )
    func `a filter that can be right is taken`(arguments: [String]) { #expect(refusal(arguments) == nil) }
}
