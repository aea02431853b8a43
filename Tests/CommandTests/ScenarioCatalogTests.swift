import Billing
import Foundation
import Scenarios
import Testing

struct ScenarioCatalogTests {
    private static let storiesPromised = [
        "purchase", "purchase.3ds", "purchase.failed-then-succeeded", "purchase.failed",
        "purchase.bank-debit",
        "purchase.bank-debit-failed", "purchase.checkout", "refund.full", "refund.partial", "refund.failed",
        "refund.before-charge", "dispute.won", "dispute.lost", "invoice.paid", "invoice.out-of-band",
        "capture.partial", "capture.expired",
    ]

    private func story(_ name: String, _ options: ScenarioOptions = ScenarioOptions()) throws -> Fixture {
        try #require(ScenarioCatalog.scenario(named: name)).story(options)
    }

    @Test func `every story that the documentation names exists`() {
        #expect(Set(Self.storiesPromised).isSubset(of: ScenarioCatalog.names))
    }

    @Test func `no two stories have the same name`() {
        #expect(Set(ScenarioCatalog.names).count == ScenarioCatalog.names.count)
    }

    @Test(arguments: ScenarioCatalog.names)
    func `every event can be read, and has its type`(name: String) throws {
        for event in try story(name).events {
            let decoded = try Event(parsing: event.body)
            #expect(decoded.id == event.id)
            #expect(decoded.type == event.type)
            #expect(decoded.created == event.created)
            #expect(!decoded.livemode)
            if case .unreadable(let reason, _) = decoded.content { Issue.record("\(event.type): \(reason)") }
            if EventFamily.objectKind(of: event.type) != nil, case .other = decoded.content {
                Issue.record("\(event.type) holds nothing that is read")
            }
        }
    }

    @Test(arguments: ScenarioCatalog.names)
    func `a story comes to the rows it promises`(name: String) throws {
        let story = try story(name)
        #expect(Set(try rows(of: story.events).map(FixtureRow.init)) == Set(story.rows))
        #expect(!story.rows.isEmpty)
    }

    @Test(arguments: ScenarioCatalog.names)
    func `a story comes to the same rows for the smallest amount`(name: String) throws {
        let story = try story(name, ScenarioOptions(amount: 1))
        #expect(Set(try rows(of: story.events).map(FixtureRow.init)) == Set(story.rows))
    }

    @Test func `a refund that failed is not subtracted`() throws {
        let rows = try rows(of: story("refund.failed").events)
        let purchase = try #require(rows.first { $0.type == .purchase })
        let refund = try #require(rows.first { $0.type == .refund })
        #expect(purchase.amountRefunded == 0)
        #expect(refund.status == "failed")
        #expect(refund.amount == 2500)
    }

    @Test func `an amount that was not captured is no refund`() throws {
        let rows = try rows(of: story("capture.partial").events)
        #expect(rows.map(\.type) == [.purchase])
        #expect(rows.first?.amount == 1500)
        #expect(rows.first?.amountRefunded == 0)
    }

    @Test func `an authorisation that lapsed is a cancelled payment`() throws {
        let rows = try rows(of: story("capture.expired").events)
        #expect(rows.map(\.type) == [.purchase])
        #expect(rows.first?.status == "canceled")
    }

    @Test func `the refund's events come first in the story that says so`() throws {
        let types = try story("refund.before-charge").events.map(\.type)
        #expect(types.first == "refund.created")
        #expect(types.last == "charge.updated")
    }

    @Test(arguments: ScenarioCatalog.names)
    func `no two events of a story have the same id`(name: String) throws {
        let ids = try story(name).events.map(\.id)
        #expect(Set(ids).count == ids.count)
    }

    @Test(arguments: ScenarioCatalog.names)
    func `equal options make equal bytes, and another seed makes others`(name: String) throws {
        let bodies = try story(name).events.map(\.body)
        #expect(try story(name).events.map(\.body) == bodies)
        #expect(try story(name, ScenarioOptions(seed: 2)).events.map(\.body) != bodies)
    }

    @Test func `a story has the requested customer, amount and currency`() throws {
        let options = ScenarioOptions(customer: "cus_1", amount: 777, currency: Currency("jpy"))
        let rows = try rows(of: story("refund.full", options).events)
        #expect(Set(rows.map(\.customer)) == ["cus_1"])
        #expect(Set(rows.map(\.amount)) == [777])
        #expect(Set(rows.map(\.currency.code)) == ["jpy"])
    }

    @Test(arguments: ScenarioCatalog.names)
    func `a story can end at a given second`(name: String) throws {
        let end = Instant(unixSeconds: 1_800_000_000)
        let scenario = try #require(ScenarioCatalog.scenario(named: name))
        #expect(scenario.story(ScenarioOptions(), endingAt: end).events.map(\.created).max() == end)
    }

    @Test func `a charge's body has the size that Stripe's have`() throws {
        let event = try #require(try story("purchase").events.first { $0.type == "charge.succeeded" })
        #expect(2800...4500 ~= event.body.count)
    }

    @Test func `a body is printed as Stripe prints it`() throws {
        let body = String(decoding: try #require(try story("purchase").events.first).body, as: UTF8.self)
        #expect(body.hasPrefix("{\n  \"id\": \"evt_3S"))
        #expect(body.contains("\n  \"object\": \"event\",\n  \"api_version\": \"2026-09-30.endive\",\n"))
        #expect(body.contains("\n      \"metadata\": {},\n"))
        #expect(body.hasSuffix("\"type\": \"payment_intent.created\"\n}"))
    }
}

struct OrderedJSONTests {
    @Test func `members keep their order`() {
        let value: OrderedJSON = ["b": 1, "a": [true, nil], "c": [:], "d": []]
        #expect(value.compact == #"{"b":1,"a":[true,null],"c":{},"d":[]}"#)
        #expect(
            value.pretty
                == "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    null\n  ],\n  \"c\": {},\n  \"d\": []\n}"
        )
    }

    @Test(arguments: ["\"", "\\", "\n\r\t", "\u{0}\u{1F}", "×😀/"])
    func `printed JSON can be parsed again`(text: String) throws {
        let printed = OrderedJSON.array([.string(text)]).compact
        #expect(try JSONDecoder().decode([String].self, from: Data(printed.utf8)) == [text])
    }

    @Test(
        arguments: [(0, "0.000"), (7, "0.007"), (12_345, "12.345"), (-1500, "-1.500")] as [(Int64, String)]
    )
    func `thousandths have three decimals`(number: Int64, text: String) {
        #expect(OrderedJSON.thousandths(number).compact == text)
    }
}

struct SeededRandomTests {
    @Test func `it is SplitMix64`() {
        // The first outputs for the seed 1234567, as other implementations give them.
        var random = SeededRandom(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
        #expect(random.next() == 9_817_491_932_198_370_423)
    }
}
