import Foundation
import StripeAPI
import StripeStandIn
import Testing

/// The stand-in's lists are as strict as Stripe's, also for requests that our client does not send.
@Suite(.timeLimit(.minutes(1)))
struct StandInListTests {
    @Test func `gives ten by default, and has_more`() async throws {
        try await StandInUnderTest.with { world in
            for number in 0..<11 { try world.standIn.put(MadeUp.charge(number, created: Int64(number))) }
            let ten = try await world.get("/v1/charges")
            #expect(ten.ids?.count == 10 && ten.ids?.first == "ch_10" && ten.hasMore == true)
            #expect(ten.json["object"] as? String == "list")
            #expect(ten.json["url"] as? String == "/v1/charges")
            let all = try await world.get("/v1/charges?limit=11")
            #expect(all.ids?.count == 11 && all.hasMore == false)
            #expect(try await world.get("/v1/refunds").ids == [])
        }
    }

    /// A query, the status, and which parameter is blamed with which code.
    static let refused: [(String, String?, String?)] = [
        ("events?colour=red", "parameter_unknown", "colour"),
        ("events?customer=cus_1", "parameter_unknown", "customer"),
        ("charges?type=charge.succeeded", "parameter_unknown", "type"),
        ("charges?delivery_success=true", "parameter_unknown", "delivery_success"),
        ("webhook_endpoints?created[gte]=1", "parameter_unknown", "created[gte]"),
        ("events?created[after]=1", "parameter_unknown", "created[after]"),
        ("events?limit=0", "parameter_invalid_integer", "limit"),
        ("events?limit=101", "parameter_invalid_integer", "limit"),
        ("events?limit=ten", "parameter_invalid_integer", "limit"),
        ("events?limit=", "parameter_invalid_integer", "limit"),
        ("events?limit=1&limit=2", nil, "limit"),
        ("events?starting_after=evt_none", "resource_missing", "starting_after"),
        ("events?ending_before=evt_none", "resource_missing", "ending_before"),
        ("events?starting_after=ch_1", "resource_missing", "starting_after"),
        ("events?starting_after=evt_1&ending_before=evt_1", nil, "ending_before"),
        ("events?created[gte]=yesterday", nil, "created[gte]"), ("events?created=-1", nil, "created"),
        ("events?type=a&types[]=b", nil, "type"), ("events?types[]=charge.*", nil, "types"),
        ("events?" + (0...20).map { "types[]=t\($0)" }.joined(separator: "&"), nil, "types"),
        ("events?delivery_success=no", nil, "delivery_success"),
        ("charges?customer=", "parameter_invalid_empty", "customer"),
        ("payment_intents?expand[]=latest_charge", nil, "expand"),
        ("charges/ch_1?limit=1", "parameter_unknown", "limit"),
        ("account?limit=1", "parameter_unknown", "limit"),
    ]

    @Test(arguments: refused.indices)
    func `refuses what Stripe does not know or would not take`(index: Int) async throws {
        let (query, code, parameter) = Self.refused[index]
        try await StandInUnderTest.with { world in
            try world.standIn.put(event: MadeUp.event(1))
            let answer = try await world.get("/v1/" + query)
            #expect(answer.status == 400)
            #expect(answer.error?["type"] as? String == "invalid_request_error")
            #expect(answer.code == code)
            #expect(answer.parameter == parameter)
        }
    }

    @Test(arguments: [
        ("created[gte]=12", ["evt_13", "evt_12"]), ("created[gt]=12", ["evt_13"]),
        ("created[lte]=11", ["evt_11", "evt_10"]), ("created[lt]=11", ["evt_10"]), ("created=12", ["evt_12"]),
        ("created[gt]=10&created[lt]=13", ["evt_12", "evt_11"]), ("type=refund.created", ["evt_13"]),
        ("type=refund.*", ["evt_13"]), ("type=charge.*", ["evt_12", "evt_11", "evt_10"]),
        ("types[]=refund.created&types[]=charge.failed", ["evt_13", "evt_10"]), ("type=nothing", []),
        ("delivery_success=true", ["evt_11"]), ("delivery_success=false&limit=2", ["evt_13", "evt_12"]),
        ("starting_after=evt_12", ["evt_11", "evt_10"]), ("ending_before=evt_12", ["evt_13"]),
        ("ending_before=evt_10&limit=2", ["evt_12", "evt_11"]), ("starting_after=evt_10", []),
        // A cursor is a place and need not match.
        ("starting_after=evt_13&types[]=charge.failed", ["evt_10"]),
    ])
    func `narrows events as it is asked to`(query: String, ids: [String]) async throws {
        try await StandInUnderTest.with { world in
            let types = [10: "charge.failed", 13: "refund.created"]
            world.clock.advance(.seconds(20 - StandInUnderTest.now))
            for number in [12, 10, 13, 11] {
                let event = MadeUp.event(
                    number,
                    created: Int64(number),
                    type: types[number] ?? "charge.succeeded"
                )
                try world.standIn.put(event: event, isDelivered: number == 11)
            }
            #expect(try await world.get("/v1/events?" + query).ids == ids)
        }
    }

    @Test func `forgets events after thirty days, to the second, and objects never`() async throws {
        try await StandInUnderTest.with { world in
            try world.standIn.put(event: MadeUp.event(1, created: StandInUnderTest.now - 30 * 86_400))
            #expect(try await world.get("/v1/events").ids == ["evt_1"])
            #expect(try await world.get("/v1/events/evt_1").status == 200)
            world.clock.advance(.seconds(1))
            #expect(try await world.get("/v1/events").ids == [])
            #expect(try await world.get("/v1/events/evt_1").code == "resource_missing")
            #expect(try await world.get("/v1/charges").ids == ["ch_1"])
        }
    }

    @Test func `lists agree with events: the latest of an object is what there is`() async throws {
        try await StandInUnderTest.with { world in
            let now = StandInUnderTest.now
            func charge(_ refunded: Int) -> String {
                MadeUp.charge(1, created: now - 50, more: #""amount_refunded":\#(refunded),"#)
            }
            try world.standIn.put(event: MadeUp.event(2, created: now - 10, object: charge(40)))
            try world.standIn.put(event: MadeUp.event(1, created: now - 20, object: charge(10)))
            let answer = try await world.get("/v1/charges")
            let charges = try #require(answer.json["data"] as? [[String: Any]])
            #expect(charges.map { $0["amount_refunded"] as? Int } == [40])
            #expect(try await world.get("/v1/events").ids == ["evt_2", "evt_1"])
        }
    }

    @Test func `refunds inside an old charge are in their own list, and no longer in the charge`()
        async throws
    {
        try await StandInUnderTest.with { world in
            let now = StandInUnderTest.now
            let inner = #"{"id":"re_1","object":"refund","created":5,"charge":"ch_1","status":"pending"}"#
            let charge = MadeUp.charge(
                1,
                more: #""refunds":{"object":"list","data":[\#(inner)]},"#
            )
            let refund = #"{"id":"re_1","object":"refund","created":5,"charge":"ch_1","status":"succeeded"}"#
            try world.standIn.put(
                event: MadeUp.event(1, created: now, type: "refund.updated", object: refund)
            )
            // In the same second an event's object is newer than one expanded inside another.
            try world.standIn.put(
                event: MadeUp.event(2, created: now, type: "charge.refunded", object: charge)
            )
            let refunds = try await world.get("/v1/refunds?charge=ch_1")
            let statuses = (refunds.json["data"] as? [[String: Any]])?.map { $0["status"] as? String }
            #expect(statuses == ["succeeded"])
            #expect(try await world.get("/v1/charges/ch_1").json["refunds"] == nil)
        }
    }

    @Test func `a deleted customer is known to be one, and a deleted invoice is gone`() async throws {
        try await StandInUnderTest.with { world in
            let now = StandInUnderTest.now
            for (number, kind) in [(1, "customer"), (2, "invoice")] {
                let object = #"{"id":"x_\#(number)","object":"\#(kind)","created":5}"#
                let type = "\(kind).deleted"
                try world.standIn.put(event: MadeUp.event(number, created: now, type: type, object: object))
                // Late, and of before.
                try world.standIn.put(
                    event: MadeUp.event(number + 2, created: now - 9, type: "\(kind).updated", object: object)
                )
                #expect(try await world.get("/v1/\(kind)s").ids == [])
            }
            let customer = try await world.get("/v1/customers/x_1")
            #expect(customer.json["deleted"] as? Bool == true)
            #expect(try await world.get("/v1/invoices/x_2").status == 404)
        }
    }

    @Test func `a list expands the requested objects`() async throws {
        try await StandInUnderTest.with { world in
            try world.standIn.put(
                #"{"id":"pi_1","object":"payment_intent","latest_charge":\#(MadeUp.charge(1))}"#
            )
            let plain = try await world.get("/v1/payment_intents")
            let expanded = try await world.get("/v1/payment_intents?expand[]=data.latest_charge")
            func charge(_ answer: StandInUnderTest.Answer) -> Any? {
                (answer.json["data"] as? [[String: Any]])?.first?["latest_charge"]
            }
            #expect(charge(plain) as? String == "ch_1")
            #expect((charge(expanded) as? [String: Any])?["amount"] as? Int == 100)
        }
    }

    @Test func `an invoice has its own payments, and no others, where it is asked for them`() async throws {
        try await StandInUnderTest.with { world in
            for id in ["in_1", "in_2"] {
                try world.standIn.put(#"{"id":"\#(id)","object":"invoice"}"#)
            }
            try world.standIn.put(#"{"id":"inpay_1","object":"invoice_payment","invoice":"in_1"}"#)
            #expect(try await world.get("/v1/invoices/in_1").json["payments"] == nil)
            for (id, payments) in [("in_1", ["inpay_1"]), ("in_2", [])] {
                let answer = try await world.get("/v1/invoices/\(id)?expand[]=payments")
                let list = try #require(answer.json["payments"] as? [String: Any])
                #expect((list["data"] as? [[String: Any]])?.map { $0["id"] as? String } == payments)
                #expect(list["object"] as? String == "list" && list["has_more"] as? Bool == false)
                #expect(list["url"] as? String == "/v1/invoice_payments?invoice=\(id)")
            }
        }
    }

    @Test(arguments: ["{}", #"{"id":"evt_1","object":"event"}"#, MadeUp.charge(1), "[]"])
    func `JSON that is no event is skipped`(text: String) async throws {
        try await StandInUnderTest.with { world in
            #expect(throws: StandInError.notAnEvent) { try world.standIn.put(event: text) }
        }
    }

    @Test func `loads events and the objects in them`() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        let events = (1...3).map { MadeUp.event($0).replacing("\n", with: " ") }
        try Data(events.joined(separator: "\n").utf8).write(to: file)
        try await StandInUnderTest.with { world in
            let report = try world.standIn.load([file.path], isDelivered: true)
            #expect(report.taken == 3)
            #expect(
                try await world.client().page(of: .events()).objects
                    == events.reversed().map { Array($0.utf8) }
            )
            #expect(try await world.get("/v1/charges").ids == ["ch_3", "ch_2", "ch_1"])
            #expect(try await world.get("/v1/events?delivery_success=false").ids == [])
        }
    }
}
