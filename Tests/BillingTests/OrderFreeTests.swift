import Billing
import Foundation
import Scenarios
import TestSupport
import Testing

/// The feed is a function of the set of events, and of the right one.
struct OrderFreeTests {
    @Test func `six events give the same rows in all 720 orders, and so does every part of them`() throws {
        let money = #""amount":2500,"currency":"usd","created":10"#
        let refund = #"{"id":"re_1",\#(money),"status":"succeeded","charge":"ch_2"}"#
        let events = [
            try Sample.event(
                "charge.failed",
                created: 10,
                #"{"id":"ch_1",\#(money),"status":"failed","failure_code":"card_declined","payment_intent":"pi_1"}"#
            ),
            try Sample.event(
                "payment_intent.payment_failed",
                created: 10,
                """
                {"id":"pi_1",\(money),"status":"requires_payment_method",
                "last_payment_error":{"code":"card_declined","charge":"ch_1"}}
                """
            ),
            try Sample.event(
                "payment_intent.succeeded",
                created: 20,
                #"{"id":"pi_1",\#(money),"status":"succeeded","latest_charge":"ch_2","amount_received":2500}"#
            ),
            try Sample.event(
                "charge.refunded",
                created: 40,
                """
                {"id":"ch_2",\(money),"status":"succeeded","paid":true,"captured":true,"amount_captured":2500,
                "amount_refunded":2500,"refunds":{"data":[\(refund)]}}
                """
            ),
            try Sample.event(
                "refund.failed",
                created: 50,
                #"{"id":"re_1",\#(money),"status":"failed","failure_reason":"unknown","charge":"ch_2"}"#
            ),
            try Sample.event(
                "charge.dispute.created",
                created: 60,
                #"{"id":"dp_1",\#(money),"status":"needs_response","charge":"ch_2"}"#
            ),
        ]
        // By the set of events, as bits; 64 parts in all.
        var rows: [Int: [Transaction]] = [:]
        for order in permutations(of: Array(events.indices)) {
            var seen = 0
            var told: [Event] = []
            for index in order {
                seen |= 1 << index
                told.append(events[index])
                let found = Sample.rows(told)
                #expect(rows[seen, default: found] == found, "\(order)")
                rows[seen] = found
            }
        }
        #expect(rows.count == 63)
        let whole = try #require(rows[63])
        #expect(whole.map(\.id) == ["dp_1", "pi_1", "re_1"])
        #expect(whole.map(\.status) == ["needs_response", "succeeded", "failed"])
        #expect(whole[1].amountRefunded == 0)
        #expect(whole[1].disputed)
    }

    /// `STORIES` says how many, `STORY` which alone.
    private static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["STORY"].flatMap({ UInt64($0) }) { return [seed] }
        return Array(0..<(environment["STORIES"].flatMap { UInt64($0) } ?? 300))
    }()

    @Test func `a generated story yields its expected rows, in every order`() throws {
        for seed in Self.seeds {
            let story = RandomScenario.random(seed: seed)
            var random = SeededRandom(seed: seed &+ 1)
            var events = try story.events.map { try Event(parsing: $0.body) }
            let rows = Sample.rows(events)
            #expect(Set(rows.map(FixtureRow.init)) == Set(story.rows), "STORY=\(seed)")

            events += events.filter { _ in random.happens(inPercent: 30) }
            events.shuffle(using: &random)
            #expect(Sample.rows(events) == rows, "STORY=\(seed)")
            // The missing objects do not depend on the order of the events either.
            let part = Array(events.prefix(events.count / 2))
            #expect(Sample.rows(part) == Sample.rows(part.reversed()), "STORY=\(seed)")
        }
    }

    @Test func `a payment in several API versions yields one feed, in every order`() throws {
        for seed in Self.seeds {
            let traits = RandomScenario.Traits(shapes: APIVersionShape.withIntents, mixesShapes: true)
            let story = RandomScenario.random(seed: seed, traits: traits)
            var random = SeededRandom(seed: seed &+ 1)
            var events = try story.events.map { try Event(parsing: $0.body) }
            let rows = Sample.rows(events)
            func essentials(_ rows: [FixtureRow]) -> Set<String> {
                Set(
                    rows.map {
                        "\($0.id) \($0.type) \($0.status) \($0.amount) \($0.amountRefunded) \($0.customer ?? "")"
                    }
                )
            }
            #expect(essentials(rows.map(FixtureRow.init)) == essentials(story.rows), "STORY=\(seed)")

            events += events.filter { _ in random.happens(inPercent: 30) }
            events.shuffle(using: &random)
            #expect(Sample.rows(events) == rows, "STORY=\(seed)")
            let part = Array(events.prefix(events.count / 2))
            #expect(Sample.rows(part) == Sample.rows(part.reversed()), "STORY=\(seed)")
        }
    }

    @Test func `every story of the catalogue yields its expected rows`() throws {
        for scenario in ScenarioCatalog.all {
            // Older than PaymentIntents is for generated stories alone, which know what there was then.
            for shape in APIVersionShape.withIntents {
                let story = scenario.story(ScenarioOptions(), shape: shape)
                let events = try story.events.map { try Event(parsing: $0.body) }
                for order in [events, events.reversed()] {
                    let rows = Sample.rows(order).map(FixtureRow.init)
                    #expect(Set(rows) == Set(story.rows), "\(scenario.name) in the shape of \(shape)")
                }
            }
        }
    }

    private func permutations<Element>(of elements: [Element]) -> [[Element]] {
        guard elements.count > 1 else { return [elements] }
        return elements.indices.flatMap { index in
            var rest = elements
            let first = rest.remove(at: index)
            return permutations(of: rest).map { [first] + $0 }
        }
    }
}
