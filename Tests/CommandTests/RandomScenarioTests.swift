import Billing
import Foundation
import Scenarios
import TestSupport
import Testing

struct RandomScenarioTests {
    private static let seeds: Range<UInt64> = 0..<1500

    @Test(arguments: APIVersionShape.allCases)
    func `a generated story yields its expected rows`(shape: APIVersionShape) throws {
        let wrong = try Self.seeds.filter { seed in
            let story = RandomScenario.random(seed: seed, traits: .init(shapes: [shape]))
            return Set(try rows(of: story.events).map(FixtureRow.init)) != Set(story.rows)
        }
        #expect(wrong == [], "seeds of stories in the shape of \(shape.rawValue)")
    }

    @Test func `an order of arrival makes no difference`() throws {
        for seed in Self.seeds.prefix(300) {
            let story = RandomScenario.random(seed: seed)
            var random = SeededRandom(seed: seed)
            let shuffled = story.events.shuffled(using: &random)
            #expect(
                Set(try rows(of: shuffled).map(FixtureRow.init))
                    == Set(try rows(of: story.events).map(FixtureRow.init)),
                "\(story.name)"
            )
        }
    }

    @Test func `without ties no two events share a second`() {
        for seed in Self.seeds {
            let traits = RandomScenario.Traits(allowsTies: false, repeatsEvents: false)
            let seconds = RandomScenario.random(seed: seed, traits: traits).events.map(\.created)
            #expect(Set(seconds).count == seconds.count)
        }
    }

    @Test func `the seeds reach every event type of a payment`() {
        let types = Set(Self.seeds.flatMap { RandomScenario.random(seed: $0).events.map(\.type) })
        let wanted: Set<String> = [
            "charge.captured", "charge.dispute.closed", "charge.dispute.created",
            "charge.dispute.funds_reinstated",
            "charge.dispute.funds_withdrawn", "charge.dispute.updated", "charge.expired", "charge.failed",
            "charge.pending", "charge.refund.updated", "charge.refunded", "charge.succeeded",
            "charge.updated",
            "checkout.session.async_payment_failed", "checkout.session.async_payment_succeeded",
            "checkout.session.completed", "customer.created", "invoice.created", "invoice.finalized",
            "invoice.paid",
            "invoice.payment_failed", "invoice_payment.paid", "payment_intent.amount_capturable_updated",
            "payment_intent.canceled", "payment_intent.created", "payment_intent.payment_failed",
            "payment_intent.processing", "payment_intent.requires_action", "payment_intent.succeeded",
            "refund.created", "refund.failed", "refund.updated",
        ]
        #expect(wanted.subtracting(types) == [])
    }

    @Test func `a repeated event differs only in its id`() throws {
        var pairs = 0
        for seed in Self.seeds.prefix(200) {
            let events = RandomScenario.random(seed: seed).events
            for (first, second) in zip(events, events.dropFirst()) where first.type == second.type {
                let renamed = String(decoding: second.body, as: UTF8.self).replacing(
                    second.id,
                    with: first.id
                )
                if Array(renamed.utf8) == first.body { pairs += 1 }
            }
        }
        #expect(pairs > 20)
    }
}
