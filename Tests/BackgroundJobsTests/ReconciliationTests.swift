import Billing
import Storage
import StripeAPI
import StripeStandIn
import Testing

@testable import BackgroundJobs

/// Exactly the fields that differ between our rows and Stripe's lists are found.
@Suite(.timeLimit(.minutes(5)))
struct ReconciliationTests {
    private typealias Harness = CatchUpHarness

    /// Stripe has `numbers`, and so have we.
    private func withPayments(
        _ numbers: ClosedRange<Int> = 1...5,
        _ body: (Harness) async throws -> Void
    ) async throws {
        try await Harness.with { harness in
            try harness.payments(numbers)
            try await harness.perform(.backfill)
            try await body(harness)
        }
    }

    private func drift(_ harness: Harness, days: Int64 = 20, repairs: Bool = false) async throws -> [String] {
        let run = try await harness.perform(.reconciliation, days: days, repairs: repairs)
        #expect(run.state == .completed)
        return try #require(run.reached?.comparison).drift.map { drift in
            [drift.kind.rawValue, drift.id, drift.field, drift.ours, drift.theirs].compactMap(\.self)
                .joined(separator: " ")
        }
    }

    @Test func `what agrees is no drift`() async throws {
        try await withPayments(1...130) { harness in
            let run = try await harness.perform(.reconciliation)
            #expect(run.reached?.comparison?.rows == 130)
            #expect(run.reached?.comparison?.driftCount == 0)
            #expect(run.reached?.problems == [])
        }
    }

    @Test func `a payment that never arrived is missing here, and is repaired`() async throws {
        try await withPayments { harness in
            try harness.standIn.put(Paid.intent(9))
            try harness.standIn.put(Paid.charge(9))
            #expect(try await drift(harness) == ["missing_here pi_9 succeeded 2500 usd"])
            let run = try await harness.perform(.reconciliation, repairs: true)
            #expect(run.reached?.comparison?.repaired == 1)
            #expect(run.reached?.comparison?.remaining == 0)
            #expect(
                try await harness.store.transaction(id: "pi_9", within: .anyCustomer)?.paymentMethod?.last4
                    == "4242"
            )
            #expect(try await drift(harness) == [])
            #expect(try await harness.store.reprojectAll().changed == 0)
        }
    }

    @Test func `a refund that failed since differs, and so does its payment`() async throws {
        try await Harness.with { harness in
            try harness.payments(1...2)
            try harness.happen("evt_re", "refund.created", Paid.refund(1), secondsAgo: 1800)
            try harness.happen(
                "evt_chr",
                "charge.refunded",
                Paid.charge(1, secondsAgo: 4200, refunded: 500),
                secondsAgo: 1800
            )
            try await harness.perform(.backfill)
            #expect(try await drift(harness) == [])
            try harness.standIn.put(Paid.refund(1, status: "failed"))
            try harness.standIn.put(Paid.charge(1, secondsAgo: 4200, refunded: 0))
            let expected = [
                "differs pi_1 amount_refunded 500 0", "differs re_1 status succeeded failed",
            ]
            #expect(try await drift(harness) == expected)
            _ = try await harness.perform(.reconciliation, repairs: true)
            #expect(try await drift(harness) == [])
            #expect(
                try await harness.store.transaction(id: "pi_1", within: .anyCustomer)?.amountRefunded == 0
            )
        }
    }

    @Test func `what Stripe no longer knows is asked for by itself, said, and left alone`() async throws {
        try await withPayments { harness in
            harness.standIn.remove("payment_intent", id: "pi_2")
            harness.standIn.remove("charge", id: "ch_2")
            harness.standIn.remove("charge", id: "ch_3")
            let expected = [
                "missing_there pi_2 succeeded 2500 usd", "missing_there pi_3 charge ch_3",
            ]
            let found = try await drift(harness)
            let left = try await drift(harness, repairs: true)
            #expect(found == expected)
            #expect(left == expected)
            #expect(try await harness.rows.count == 5)
            #expect(harness.standIn.count("GET /v1/payment_intents/:id") >= 1)
        }
    }

    @Test func `a first attempt that failed is no drift`() async throws {
        try await withPayments { harness in
            let failed = """
                {"id":"ch_failed","object":"charge","amount":2500,"amount_captured":0,"amount_refunded":0,
                "currency":"usd","created":\(Harness.start - 4300),"status":"failed","paid":false,"captured":false,
                "failure_code":"card_declined","customer":"cus_1","payment_intent":"pi_1","livemode":false}
                """
            try harness.standIn.put(failed)
            #expect(try await drift(harness) == [])
        }
    }

    @Test func `the remainder of a partial capture is no drift`() async throws {
        try await Harness.with { harness in
            let charge = """
                {"id":"ch_1","object":"charge","amount":2500,"amount_captured":2000,"amount_refunded":500,
                "currency":"usd","created":\(Harness.start - 4200),"status":"succeeded","paid":true,"captured":true,
                "customer":"cus_1","payment_intent":"pi_1","livemode":false}
                """
            let intent = """
                {"id":"pi_1","object":"payment_intent","amount":2500,"amount_received":2000,"currency":"usd",
                "created":\(Harness.start - 4200),"status":"succeeded","customer":"cus_1","latest_charge":"ch_1",
                "livemode":false}
                """
            try harness.happen("evt_1", "charge.captured", charge, secondsAgo: 3600)
            try harness.happen("evt_2", "payment_intent.succeeded", intent, secondsAgo: 3600)
            try await harness.perform(.backfill)
            try harness.standIn.put(Paid.refund(1, secondsAgo: 3600, amount: 500))
            #expect(try await drift(harness) == [])
            #expect(try await harness.rows.map(\.amount) == [2000])
        }
    }

    @Test func `at the edge of the period there is no drift`() async throws {
        try await Harness.with { harness in
            let (before, inside) = (8 * Harness.day, 6 * Harness.day)
            try harness.happen(
                "evt_1",
                "payment_intent.succeeded",
                Paid.intent(1, secondsAgo: before),
                secondsAgo: before
            )
            try harness.happen(
                "evt_2",
                "charge.refunded",
                Paid.charge(1, secondsAgo: before, refunded: 500),
                secondsAgo: inside
            )
            try harness.happen(
                "evt_3",
                "refund.created",
                Paid.refund(1, secondsAgo: inside),
                secondsAgo: inside
            )
            try await harness.perform(.backfill)
            #expect(try await drift(harness, days: 7) == [])
            // A payment before the period is not fetched.
            harness.standIn.remove("charge", id: "ch_1")
            harness.standIn.remove("payment_intent", id: "pi_1")
            #expect(try await drift(harness, days: 7) == [])
        }
    }

    @Test func `a payment without an attempt is not reported as missing`() async throws {
        try await withPayments { harness in
            let untried = """
                {"id":"pi_8","object":"payment_intent","amount":900,"amount_received":0,"currency":"usd",
                "created":\(Harness.start - 4200),"status":"requires_payment_method","livemode":false}
                """
            try harness.standIn.put(untried)
            #expect(try await drift(harness) == [])
        }
    }

    @Test func `the rows of other accounts and of the other mode are not looked at`() async throws {
        try await withPayments { harness in
            let other = Harness.event("evt_a", "charge.succeeded", Paid.charge(70), account: "acct_9")
            let outcome = try await harness.deliver(other)
            #expect(outcome == .recorded)
            #expect(try await drift(harness) == [])
        }
    }

    @Test func `where a list is refused nothing of it is said to be missing`() async throws {
        let key = "rk_test_without_refunds"
        let some: Set<String> = [
            "rak_payment_intent_read", "rak_dispute_read", "rak_event_read", "rak_invoice_read",
        ]
        try await Harness.with(key: key, furtherKeys: [APIKey(key, permissions: some)]) { harness in
            try harness.happen("evt_1", "charge.succeeded", Paid.charge(1))
            try harness.happen("evt_2", "refund.created", Paid.refund(1))
            try harness.happen("evt_3", "payment_intent.succeeded", Paid.intent(1))
            try await harness.perform(.backfill)
            let run = try await harness.perform(.reconciliation)
            #expect(run.reached?.comparison?.drift == [])
            #expect(run.reached?.problems.count == 2)
            #expect(run.reached?.problems.allSatisfy { $0.contains("rak_charge_read") } == true)
        }
    }

    @Test func `its result is in the log, once for each run`() async throws {
        try await withPayments { harness in
            try harness.standIn.put(Paid.intent(9))
            try harness.standIn.put(Paid.charge(9))
            let run = try await harness.perform(.reconciliation)
            let told = try await harness.entries(EventQuery(type: "reconciliation.completed"))
            #expect(told.map(\.id) == ["evt_ours_\(run.id)"])
            #expect(told.map(\.disposition) == [.ignored])
            let payload = try #require(try await harness.store.entry(id: told[0].id)?.payload)
            let text = String(decoding: payload, as: UTF8.self)
            #expect(text.contains(#""remaining":1"#))
            #expect(text.contains(#""id":"pi_9""#))
            #expect(try await harness.rows.count == 5)
        }
    }

    @Test func `it is done by itself once a day, over the last days`() async throws {
        try await withPayments { harness in
            let worker = harness.worker()
            let started = harness.time.now
            #expect(try await worker.beginDueReconciliation(startedAt: started) == false)
            harness.time.advance(.seconds(600))
            #expect(try await worker.beginDueReconciliation(startedAt: started))
            try await harness.runner().workOnce()
            let run = try #require(try await harness.store.latestJob(.reconciliation))
            #expect(run.state == .completed)
            #expect(run.asked?.origin == .schedule)
            let period = try #require(run.asked)
            #expect(harness.time.now.seconds(since: period.from) > 3 * Harness.day)
            #expect(try await worker.beginDueReconciliation(startedAt: started) == false)
            harness.time.advance(.seconds(86_400))
            #expect(try await worker.beginDueReconciliation(startedAt: started))
        }
    }

    @Test func `an invoice that was paid outside Stripe does not change`() async throws {
        try await Harness.with { harness in
            func invoice(_ more: String) -> String {
                """
                {"id":"in_1","object":"invoice","amount_paid":4000,"currency":"usd","status":"paid",
                "customer":"cus_1","created":\(Harness.start - 4200)\(more)}
                """
            }
            // The event in an old API version; today's version does not show how it was paid.
            let event = Harness.event(
                "evt_1",
                "invoice.paid",
                invoice(#","paid":true,"paid_out_of_band":true,"charge":null"#)
            ).replacing("2026-09-30.endive", with: "2023-10-16")
            #expect(try await harness.deliver(event) == .recorded)
            try harness.standIn.put(invoice(""))
            #expect(try await harness.rows.map(\.id) == ["in_1"])
            #expect(try await drift(harness, repairs: true) == [])
            try await harness.perform(.backfill, days: 90)
            #expect(try await harness.rows.map(\.id) == ["in_1"])
        }
    }
}
