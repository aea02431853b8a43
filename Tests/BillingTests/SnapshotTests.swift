import Billing
import Scenarios
import TestSupport
import Testing

/// Snapshots of one object are totally ordered, and merging them never loses a field.
struct SnapshotTests {
    private static let money = #""amount":100,"currency":"usd","created":1"#

    /// For each kind, the states of an object from the least to the best within one second.
    static let ladders: [(type: String, states: [String])] = [
        (
            "payment_intent.x",
            [
                #""status":"requires_payment_method""#, #""status":"requires_confirmation""#,
                #""status":"requires_action""#, #""status":"processing""#,
                #""status":"requires_payment_method","last_payment_error":{"code":"x"}"#,
                #""status":"requires_capture""#, #""status":"canceled""#, #""status":"succeeded""#,
            ]
        ),
        (
            "payment_intent.y",
            [#""status":"requires_source""#, #""status":"requires_source_action""#, #""status":"succeeded""#]
        ),
        (
            "charge.x",
            [
                #""status":"pending""#, #""status":"failed""#, #""status":"succeeded","captured":false"#,
                #""status":"succeeded","captured":true"#,
                #""status":"succeeded","captured":true,"amount_captured":50"#,
                #""status":"succeeded","captured":true,"amount_captured":100"#,
                #""status":"succeeded","captured":true,"amount_captured":100,"amount_refunded":1"#,
                #""status":"succeeded","captured":true,"amount_captured":100,"amount_refunded":9"#,
                """
                "status":"succeeded","captured":true,"amount_captured":100,"amount_refunded":9,
                "balance_transaction":"txn_1"
                """,
            ]
        ),
        (
            "refund.x",
            ["requires_action", "pending", "succeeded", "canceled", "failed"].map { #""status":"\#($0)""# }
        ),
        (
            "charge.dispute.x",
            [
                "warning_needs_response", "warning_under_review", "warning_closed", "needs_response",
                "under_review", "prevented", "lost", "won",
            ].map { #""status":"\#($0)""# }
        ),
    ]

    @Test(arguments: ladders.indices)
    func `within one second the further along wins`(index: Int) throws {
        let (type, states) = Self.ladders[index]
        let snapshots = try states.map { state in
            try #require(try Sample.snapshot(type, #"{"id":"x_1",\#(Self.money),\#(state)}"#))
        }
        for (lower, upper) in zip(snapshots, snapshots.dropFirst()) {
            #expect(lower < upper, "\(String(decoding: upper.encoded, as: UTF8.self))")
            #expect(!(upper < lower))
        }
    }

    @Test func `the later event wins, whatever the state`() throws {
        let won = try #require(
            try Sample.snapshot("charge.dispute.x", created: 5, #"{"id":"d",\#(Self.money),"status":"won"}"#)
        )
        let lost = try #require(
            try Sample.snapshot("charge.dispute.x", created: 6, #"{"id":"d",\#(Self.money),"status":"lost"}"#)
        )
        #expect(won < lost)
    }

    @Test(
        arguments: [
            ("payment_intent.x", "succeeded", "processing"),
            ("payment_intent.x", "canceled", "requires_action"),
            ("refund.x", "failed", "succeeded"), ("refund.x", "canceled", "pending"),
        ]
    )
    func `a state that is never left wins over any later event`(
        type: String,
        end: String,
        other: String
    ) throws {
        func snapshot(_ status: String, _ created: Int64) throws -> Snapshot {
            try #require(
                try Sample.snapshot(
                    type,
                    created: created,
                    #"{"id":"x_1",\#(Self.money),"status":"\#(status)"}"#
                )
            )
        }
        #expect(try snapshot(other, 1000) < snapshot(end, 10))
    }

    /// Snapshots of one object that differ in anything there is to differ in.
    private static func variants() throws -> [Snapshot] {
        var variants: [Snapshot] = []
        for created: Int64 in [10, 11] {
            for livemode in [false, true] {
                for version in [nil, "", "2020-08-27"] {
                    for state in ["processing", "succeeded", "canceled", "unheard_of"] {
                        for amount in [1, 2] {
                            let object =
                                #"{"id":"pi_1","amount":\#(amount),"currency":"usd","created":1,"status":"\#(state)"}"#
                            let snapshot = try Sample.snapshot(
                                "payment_intent.x",
                                created: created,
                                apiVersion: version,
                                livemode: livemode,
                                object
                            )
                            variants.append(try #require(snapshot))
                        }
                    }
                }
            }
        }
        return variants
    }

    @Test func `of two different snapshots one is always the better`() throws {
        let variants = try Self.variants()
        for (index, left) in variants.enumerated() {
            for (other, right) in variants.enumerated() {
                #expect((left == right) == (index == other))
                #expect(!(left < right && right < left))
            }
        }
        let sorted = variants.sorted()
        for index in sorted.indices {
            for later in sorted.indices where later > index { #expect(sorted[index] < sorted[later]) }
        }
    }

    // MARK: Records

    /// All that generated stories show of each object, one record a showing.
    private static func showings(seeds: Range<UInt64>) throws -> [[ObjectRecord]] {
        let events = try seeds.flatMap { seed in
            try RandomScenario.random(seed: seed).events.map { try Event(parsing: $0.body) }
        }
        let records = events.flatMap { $0.records(receivedAt: Instant(unixSeconds: 0)) }
        return Dictionary(grouping: records, by: \.reference).values.filter { $0.count > 1 }.map(\.self)
    }

    private func isSame(_ left: ObjectRecord, _ right: ObjectRecord) -> Bool {
        left == right && left.snapshot?.encoded == right.snapshot?.encoded
    }

    @Test func `merging is commutative, associative and idempotent`() throws {
        var random = SeededRandom(seed: 7)
        let showings = try Self.showings(seeds: 0..<60)
        #expect(showings.count > 100)
        for records in showings {
            for _ in 0..<5 {
                let a = try #require(records.randomElement(using: &random))
                let b = try #require(records.randomElement(using: &random))
                let c = try #require(records.randomElement(using: &random))
                #expect(isSame(a.merging(b), b.merging(a)))
                #expect(isSame(a.merging(b).merging(c), a.merging(b.merging(c))))
                #expect(isSame(a.merging(a), a))
                #expect(isSame(a.merging(b).merging(b), a.merging(b)))
            }
        }
    }

    @Test func `linked objects stay linked, whichever snapshot is best`() throws {
        let named = try Sample.event(
            "charge.x",
            created: 10,
            #"{"id":"ch_1",\#(Self.money),"payment_intent":"pi_1","invoice":"in_1"}"#
        )
        let bare = try Sample.event("charge.x", created: 20, #"{"id":"ch_1",\#(Self.money)}"#)
        for events in [[named, bare], [bare, named]] {
            let record = Sample.merge(events)[ObjectReference(.charge, "ch_1")]
            #expect(record?.snapshot?.observedAt.unixSeconds == 20)
            #expect(
                record?.links == [ObjectReference(.paymentIntent, "pi_1"), ObjectReference(.invoice, "in_1")]
            )
        }
    }

    @Test func `a record of nothing but a name adds nothing and takes nothing away`() throws {
        let event = try Sample.event("charge.x", #"{"id":"ch_1",\#(Self.money),"payment_intent":"pi_1"}"#)
        let known = try #require(Sample.merge([event])[ObjectReference(.charge, "ch_1")])
        let name = ObjectRecord(reference: known.reference)
        #expect(isSame(known.merging(name), known))
        #expect(isSame(name.merging(known), known))
    }
}
