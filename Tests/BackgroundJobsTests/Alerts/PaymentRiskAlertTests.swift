import Billing
import Foundation
import JSON
import Storage
import Testing

@testable import BackgroundJobs

/// Disputes to be answered, early fraud warnings and reviews are sent once, and only while an operator can act.
@Suite(.timeLimit(.minutes(5)))
struct PaymentRiskAlertTests {
    private static let start = CatchUpHarness.start
    private static let due = start + 9 * CatchUpHarness.day

    private static func dispute(
        _ id: String = "dp_1",
        status: String = "needs_response",
        dueBy: String = "\(due)",
        submissions: Int = 0,
        isStaged: Bool = false
    ) -> String {
        """
        {"id":"\(id)","object":"dispute","amount":1200,"currency":"usd","created":\(start - 3600),"status":"\(status)",
        "charge":"ch_1","payment_intent":"pi_1","balance_transactions":[],"reason":"fraudulent","livemode":false,
        "evidence":{"customer_email_address":"jo@example.com","customer_name":"Jo Doe"},
        "evidence_details":{"due_by":\(dueBy),"has_evidence":\(isStaged),"past_due":false,"submission_count":\(submissions)}}
        """
    }

    private static func warning(isActionable: Bool = true, paymentIntent: String = #""pi_1""#) -> String {
        """
        {"id":"issfr_1","object":"radar.early_fraud_warning","actionable":\(isActionable),"charge":"ch_1",
        "created":\(start - 3600),"fraud_type":"made_with_stolen_card","livemode":false,"payment_intent":\(paymentIntent)}
        """
    }

    private static func review(isOpen: Bool = true) -> String {
        """
        {"id":"prv_1","object":"review","billing_zip":"94110","charge":"ch_1","closed_reason":\(isOpen ? "null" : #""approved""#),
        "created":\(start - 3600),"ip_address":"203.0.113.7","livemode":false,"open":\(isOpen),"opened_reason":"rule",
        "payment_intent":"pi_1","reason":"\(isOpen ? "rule" : "approved")"}
        """
    }

    /// The events of one story, in the order in which they happened.
    private static let stories:
        [(name: String, begins: String, ends: String, events: [(type: String, object: String)])] = [
            (
                "dispute", "dispute.needs_response", "dispute.needs_no_response",
                [
                    ("charge.dispute.created", dispute()),
                    ("charge.dispute.updated", dispute(isStaged: true)),
                    (
                        "charge.dispute.updated",
                        dispute(status: "under_review", submissions: 1, isStaged: true)
                    ), ("charge.dispute.closed", dispute(status: "lost", submissions: 1, isStaged: true)),
                ]
            ),
            (
                "early fraud warning", "fraud_warning.actionable", "fraud_warning.not_actionable",
                [
                    ("radar.early_fraud_warning.created", warning()),
                    ("radar.early_fraud_warning.updated", warning(isActionable: false)),
                ]
            ),
            (
                "review", "review.opened", "review.closed",
                [("review.opened", review()), ("review.closed", review(isOpen: false))]
            ),
        ]

    private static func bodies(_ story: Int) -> [String] {
        stories[story].events.enumerated().map { index, event in
            CatchUpHarness.event(
                "evt_\(story)_\(index)",
                event.type,
                event.object,
                secondsAgo: 600 - Int64(index)
            )
        }
    }

    private static func orders<Element>(of elements: [Element]) -> [[Element]] {
        guard elements.count > 1 else { return [elements] }
        return elements.indices.flatMap { index in
            var others = elements
            let first = others.remove(at: index)
            return orders(of: others).map { [first] + $0 }
        }
    }

    // MARK: Alerts

    @Test
    func `an alert about a dispute has its deadline, ids and amount, and no personal data`()
        async throws
    {
        try await AlertBench.with { bench in
            let body = CatchUpHarness.event(
                "evt_1",
                "charge.dispute.created",
                Self.dispute(),
                account: "acct_1"
            )
            #expect(try await bench.harness.deliver(body) == .recorded)
            try await bench.pass(3, try bench.worker())
            #expect(bench.receiver.types == ["dispute.needs_response"])
            let message = try bench.receiver.message(0)
            let data = message.data
            #expect(data["due_by"] as? Int64 == Self.due)
            #expect(data["due_at"] as? String == "2025-06-24T15:06:40Z")
            #expect((data["summary"] as? String)?.contains("pi_1 ($12.00)") == true)
            #expect((data["summary"] as? String)?.contains("until 2025-06-24T15:06:40Z") == true)
            for (name, value) in [
                ("dispute", "dp_1"), ("charge", "ch_1"), ("payment_intent", "pi_1"), ("account", "acct_1"),
                ("status", "needs_response"), ("currency", "usd"), ("amount_display", "$12.00"),
                ("runbook", "deploy/RUNBOOK.md#paymentatrisk"),
            ] {
                #expect(data[name] as? String == value, "\(name)")
            }
            #expect(data["amount"] as? Int == 1200 && data["livemode"] as? Bool == false)
            for secret in ["jo@example.com", "Jo Doe"] { #expect(!message.body.contains(secret)) }
        }
    }

    @Test func `alerts about a warning and a review have the amount and the PaymentIntent of their charge`()
        async throws
    {
        try await AlertBench.with { bench in
            for (id, type, object) in [
                ("evt_1", "charge.succeeded", Paid.charge(1)),
                // Before 2021-05 a warning does not name its PaymentIntent.
                ("evt_2", "radar.early_fraud_warning.created", Self.warning(paymentIntent: "null")),
                ("evt_3", "review.opened", Self.review()),
            ] {
                #expect(try await bench.harness.deliver(CatchUpHarness.event(id, type, object)) == .recorded)
            }
            try await bench.pass(3, try bench.worker())
            #expect(bench.receiver.types == ["fraud_warning.actionable", "review.opened"])
            for (message, reason) in zip(bench.receiver.messages, ["made_with_stolen_card", "rule"]) {
                #expect(message.data["amount"] as? Int == 2500)
                #expect(message.data["charge"] as? String == "ch_1")
                #expect(message.data["payment_intent"] as? String == "pi_1")
                #expect(message.data["reason"] as? String == reason)
                #expect(message.data["due_by"] == nil)
                for secret in ["94110", "203.0.113.7", "4242", "cus_1"] {
                    #expect(!message.body.contains(secret))
                }
            }
            #expect(try bench.receiver.message(0).data["early_fraud_warning"] as? String == "issfr_1")
            #expect(try bench.receiver.message(1).data["review"] as? String == "prv_1")
            #expect(try await bench.harness.rows.map(\.id) == ["pi_1"], "and they make no row")
        }
    }

    // MARK: Once

    @Test(arguments: stories.indices)
    func `the alert is sent once, whatever repeats the event`(story: Int) async throws {
        try await AlertBench.with { bench in
            let (worker, body) = (try bench.worker(), Self.bodies(story)[0])
            #expect(try await bench.harness.deliver(body) == .recorded)
            try await bench.pass(3, worker)
            #expect(try await bench.harness.deliver(body) == .duplicate)
            let again = body.replacing("evt_", with: "evt_again_")
            #expect(try await bench.harness.deliver(again) == .recorded)
            let version = body.replacing("2026-09-30.endive", with: "2024-06-20")
            #expect(try await bench.harness.deliver(version) == .recorded)
            _ = try await bench.harness.store.reprojectAll()
            try await bench.pass(60, worker)
            try await worker.leave()
            try await bench.pass(60, try bench.worker("another"))
            #expect(bench.receiver.types == [Self.stories[story].begins])
        }
    }

    @Test(arguments: stories.indices)
    func `a risk that ends before the first look is not sent, in any order of events`(story: Int) async throws
    {
        for order in Self.orders(of: Self.bodies(story)) {
            try await AlertBench.with { bench in
                for body in order { #expect(try await bench.harness.deliver(body) == .recorded) }
                try await bench.pass(10, try bench.worker())
                #expect(bench.receiver.types == [])
            }
        }
    }

    @Test(arguments: stories.indices)
    func `with a look after each event it begins and ends once, and only if it was so when it was looked at`(
        story: Int
    ) async throws {
        let (begins, ends) = (Self.stories[story].begins, Self.stories[story].ends)
        for order in Self.orders(of: Array(Self.bodies(story).enumerated())) {
            try await AlertBench.with { bench in
                let worker = try bench.worker()
                for (_, body) in order {
                    #expect(try await bench.harness.deliver(body) == .recorded)
                    try await bench.pass(2, worker)
                }
                // The first two events of a dispute say that it needs a response.
                let isTold = order[0].offset < (story == 0 ? 2 : 1)
                #expect(bench.receiver.types == (isTold ? [begins, ends] : []))
                guard isTold else { return }
                let over = try bench.receiver.message(1)
                #expect(over.data["alert"] as? String == bench.receiver.messages[0].id)
                #expect(over.data["charge"] as? String == "ch_1")
            }
        }
    }

    // MARK: Whether there is something to do

    @Test(
        arguments: [
            (dispute(), true), (dispute(status: "warning_needs_response"), true),
            (dispute(isStaged: true), true), (dispute(submissions: 1, isStaged: true), false),
            (dispute(status: "warning_needs_response", submissions: 1), false),
            // It is answered by itself, after the answer that the bank did not accept.
            (dispute(status: "appeal_needs_response", submissions: 1, isStaged: true), true),
            (dispute(status: "appeal_under_review"), false), (dispute(status: "warning_under_review"), false),
            (dispute(status: "under_review"), false), (dispute(status: "won"), false),
            (dispute(status: "lost"), false), (dispute(status: "warning_closed"), false),
            (dispute(status: "prevented"), false), (dispute(status: "charge_refunded"), false),
            (dispute(dueBy: "0"), false), (dispute(dueBy: "null"), false), (dispute(dueBy: "-5"), false),
            (dispute(dueBy: "\(start)"), false), (dispute(dueBy: "\(start + 1)"), false),
            (dispute(dueBy: "\(start + 2)"), true),
        ]
    )
    func `a dispute causes an alert while it can be answered`(object: String, isTold: Bool) async throws {
        try await AlertBench.with { bench in
            let body = CatchUpHarness.event("evt_1", "charge.dispute.created", object)
            #expect(try await bench.harness.deliver(body) == .recorded)
            // It is looked at a second after the beginning.
            try await bench.pass(3, try bench.worker())
            #expect(bench.receiver.types == (isTold ? ["dispute.needs_response"] : []))
        }
    }

    @Test func `a passed deadline ends nothing, and a new deadline causes a new alert`()
        async throws
    {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            func deliver(_ id: String, _ object: String, ago: Int64) async throws {
                let body = CatchUpHarness.event(id, "charge.dispute.updated", object, secondsAgo: ago)
                #expect(try await bench.harness.deliver(body) == .recorded)
                try await bench.pass(10, worker)
            }
            let inquiry = Self.dispute(status: "warning_needs_response", dueBy: "\(Self.start + 100)")
            try await deliver("evt_1", inquiry, ago: 60)
            try await bench.pass(200, worker)
            #expect(bench.receiver.types == ["dispute.needs_response"])
            try await deliver("evt_2", Self.dispute(), ago: 50)
            try await deliver("evt_3", Self.dispute(dueBy: "\(Self.due - 86_400)"), ago: 40)
            #expect(
                bench.receiver.messages.compactMap { $0.data["due_by"] as? Int64 } == [
                    Self.start + 100, Self.due, Self.due - 86_400,
                ]
            )
            #expect(Set(bench.receiver.messages.map(\.id)).count == 3)
            #expect(Set(bench.receiver.types) == ["dispute.needs_response"])
        }
    }

    @Test func `a dispute answered as an inquiry causes an alert until it is answered itself`()
        async throws
    {
        let inquiry = Self.dispute(status: "warning_under_review", submissions: 1)
        for (answers, isTold) in [(0, true), (1, true), (2, false)] {
            try await AlertBench.with { bench in
                for (id, object, ago) in [
                    ("evt_2", Self.dispute(submissions: answers), 50), ("evt_1", inquiry, Int64(60)),
                ] {
                    let body = CatchUpHarness.event(id, "charge.dispute.updated", object, secondsAgo: ago)
                    #expect(try await bench.harness.deliver(body) == .recorded)
                }
                try await bench.pass(3, try bench.worker())
                #expect(bench.receiver.types == (isTold ? ["dispute.needs_response"] : []))
            }
        }
    }

    @Test func `an event of the other mode sends no alert`() async throws {
        try await AlertBench.with { bench in
            let body = CatchUpHarness.event("evt_1", "review.opened", Self.review(), livemode: true)
            #expect(try await bench.harness.deliver(body) == .recorded)
            try await bench.pass(3, try bench.worker())
            #expect(bench.receiver.types == [])
        }
    }

    // MARK: Waiting alerts, and continuing the search

    @Test func `a risk that ends while its alert waits causes no alert`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            bench.receiver.answer(status: 500, times: 3)
            for id in ["dp_1", "dp_2"] {
                let body = CatchUpHarness.event("evt_\(id)", "charge.dispute.created", Self.dispute(id))
                #expect(try await bench.harness.deliver(body) == .recorded)
            }
            try await bench.pass(2, worker)
            #expect(try await bench.pending.count == 2)
            for id in ["dp_1", "dp_2"] {
                let object = Self.dispute(id, status: "won")
                let body = CatchUpHarness.event(
                    "evt_\(id)_won",
                    "charge.dispute.closed",
                    object,
                    secondsAgo: 5
                )
                #expect(try await bench.harness.deliver(body) == .recorded)
            }
            try await bench.pass(600, worker)
            let disputes = bench.receiver.messages.map { "\($0.type) \($0.data["dispute"] as? String ?? "")" }
            // The first may have been taken although it was not answered so.
            #expect(Set(disputes) == ["dispute.needs_response dp_1", "dispute.needs_no_response dp_1"])
            #expect(disputes.last == "dispute.needs_no_response dp_1")
        }
    }

    @Test func `it is found behind many other events, at the first look and later`() async throws {
        try await AlertBench.with { bench in
            func deliver(_ id: String, behind others: Int) async throws {
                let body = CatchUpHarness.event("evt_\(id)", "charge.dispute.created", Self.dispute(id))
                #expect(try await bench.harness.deliver(body) == .recorded)
                for number in 0..<others { try await bench.hear("evt_\(id)_\(number)") }
            }
            let worker = try bench.worker()
            try await deliver("dp_1", behind: 520)
            try await bench.pass(2, worker)
            try await deliver("dp_2", behind: 520)
            try await deliver("dp_3", behind: 0)
            try await bench.pass(5, worker)
            #expect(
                bench.receiver.messages.map { $0.data["dispute"] as? String } == ["dp_1", "dp_2", "dp_3"]
            )
        }
    }

    @Test func `events without a risk cost no write`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker()
            try await bench.pass(1, worker)
            let before = try await bench.harness.store.job(id: "alert_search")
            for number in 0..<10 {
                try await bench.hear("evt_\(number)")
                try await bench.pass(1, worker)
            }
            #expect(try await bench.harness.store.job(id: "alert_search")?.updatedAt == before?.updatedAt)
            try await worker.leave()
            #expect(try await bench.state.risksReadThrough == "evt_9@2026-09-30.endive")
        }
    }

    @Test func `a state of before there were payments at risk is gone on with`() throws {
        var state = AlertState(begunAt: Instant(unixSeconds: 5))
        state.quarantine.lastSentEvent = "evt_1@"
        var json = try #require(
            JSONSerialization.jsonObject(with: Data(JSONWriter.bytes(of: state))) as? [String: Any]
        )
        json["risksReadThrough"] = nil
        let data = try JSONSerialization.data(withJSONObject: json)
        #expect(try AlertState(json: Array(data)) == state)
    }
}
