import Billing
import JSON
import Foundation
import Storage
import TestSupport

/// The queries of the guide for analysts, with payments and usage that give each an answer.
package enum AnalystQuestions {
    private static let guide = "../deploy/docs/how-to/query-with-sql.md"

    /// Runs each query of the guide, and compares its rows with ``answers``.
    package static func check(_ place: any QueryablePlace) async throws {
        let text = try String(contentsOf: Testdata.url(guide), encoding: .utf8)
        let queries = text.matches(of: /```sql\n([^`]*);\n```/).map { String($0.output.1) }
        try requireEqual(queries.count, answers.count, "queries in the guide")
        try await place.withStore { store in
            try await fill(store)
            for (query, answer) in zip(queries, answers) {
                try requireEqual(try await place.query(query), answer, query)
            }
        }
    }

    private static let answers: [[[String: String]]] = [
        [
            ["month": "2026-05", "currency": "usd", "purchases": "1", "gross": "1000", "net": "1000"],
            ["month": "2026-06", "currency": "jpy", "purchases": "1", "gross": "5000", "net": "5000"],
            ["month": "2026-06", "currency": "usd", "purchases": "3", "gross": "9000", "net": "8300"],
        ],
        [
            ["reason": "duplicate", "currency": "usd", "refunds": "1", "amount": "400"],
            ["reason": "not given", "currency": "usd", "refunds": "2", "amount": "300"],
        ],
        [
            ["gpu_model": "a100", "spent_micros": "33000000", "unpriced_days": "0"],
            ["gpu_model": "h100", "spent_micros": "60000000", "unpriced_days": "1"],
            ["gpu_model": "none", "spent_micros": "500", "unpriced_days": "0"],
        ],
        [
            ["customer": "cus_1", "change_micros": "-30000500"],
            ["customer": "cus_2", "change_micros": "-3000000"],
        ],
        [
            ["customer": "cus_2", "purchases": "1", "last_purchase": "2026-06-29T23:59:59Z"],
            ["customer": "cus_3", "purchases": "2", "last_purchase": "2026-06-30T23:59:59Z"],
            ["customer": "cus_4", "purchases": "1", "last_purchase": "2026-06-15T12:00:00Z"],
        ],
    ]

    private static func fill(_ store: any Store) async throws {
        func at(_ text: String) throws -> Int64 { try requireSome(Instant(rfc3339: text), text).unixSeconds }
        try await store.record(
            MadeUp.event("evt_c", "customer.created", MadeUp.customer("cus_1", user: "user_1"))
        )
        var events: [(String, [String: Any])] = []
        func charge(
            _ id: String,
            _ customer: String,
            _ amount: Int64,
            _ time: String,
            _ more: [String: Any] = [:]
        ) throws {
            let values = ["customer": customer as Any].merging(more) { $1 }
            events.append(
                ("charge.succeeded", MadeUp.charge(id, amount: amount, created: try at(time), values))
            )
        }
        try charge("ch_1", "cus_1", 3000, "2026-06-01T00:00:00Z")
        try charge("ch_2", "cus_2", 3000, "2026-06-29T23:59:59Z")
        try charge("ch_3", "cus_3", 3000, "2026-06-30T23:59:59Z")
        try charge("ch_4", "cus_3", 1000, "2026-05-31T23:59:59Z")
        try charge("ch_5", "cus_4", 5000, "2026-06-15T12:00:00Z", ["currency": "jpy"])
        for (number, reason) in [(1, "duplicate"), (2, nil), (3, nil)] {
            var refund = MadeUp.refund(
                "re_\(number)",
                charge: "ch_1",
                amount: number == 1 ? 400 : 150,
                created: try at("2026-06-02T00:00:00Z")
            )
            refund["reason"] = reason
            events.append(("refund.created", refund))
        }
        var failed = MadeUp.refund(
            "re_4",
            charge: "ch_2",
            status: "failed",
            created: try at("2026-06-30T00:00:00Z")
        )
        failed["reason"] = "duplicate"
        events.append(("refund.failed", failed))
        for (number, (type, object)) in events.enumerated() {
            try await store.record(MadeUp.event("evt_\(number)", type, object, livemode: true))
        }
        // A payment of test mode counts in no answer.
        try await store.record(
            MadeUp.event(
                "evt_test",
                "charge.succeeded",
                MadeUp.charge("ch_t", created: at("2026-06-03T00:00:00Z"))
            )
        )
        let credits = [
            Credit(
                id: "credit_1",
                customer: "cus_1",
                kind: .bonus,
                money: Money(minorUnits: 700, currency: .usd),
                created: Instant(unixSeconds: try at("2026-06-05T00:00:00Z")),
                description: nil
            )
        ]
        _ = try await store.give(credits, livemode: true, now: Instant(unixSeconds: MadeUp.start))
        try await putUsage(in: store)
    }

    /// Two days of a thousand blocks, the second without a price of AKT.
    private static func putUsage(in store: any Store) async throws {
        func read<Value>(_ text: String, _ body: (JSONValue) throws -> Value) throws -> Value {
            try Array(text.utf8).withUnsafeBufferPointer { try JSONValue.read($0, body) }
        }
        let days = [(1, "\"2\""), (2, "null")].map { day, price in
            #"{"date":"2026-06-0\#(day)","first_height":\#(day * 1000),"last_height":\#(day * 1000 + 999),"#
                + #""last_height_yet":\#(day * 1000 + 999),"akt_usd":\#(price),"final":true}"#
        }
        func lease(
            _ number: Int,
            _ owner: String,
            _ price: String,
            _ denom: String,
            _ end: Int,
            _ gpu: String?
        ) -> String {
            let model = gpu.map { #","gpu_units":1,"gpu_vendor":"nvidia","gpu_model":"\#($0)""# } ?? ""
            return
                #"{"chain_id":"akashnet-2","owner":"\#(owner)","dseq":"\#(number)","gseq":1,"oseq":1,"provider":"akash1p","#
                + #""denom":"\#(denom)","price_per_block":"\#(price)","created_height":"1000","closed_height":"\#(end)","#
                + #""state":"closed"\#(model)}"#
        }
        _ = try await store.put(
            try [
                lease(1, "akash1a", "30000", "uakt", 2500, "h100"),
                lease(2, "akash1b", "3000", "uact", 2000, "a100"),
                lease(3, "akash1a", "0.5", "uact", 2000, nil),
                lease(4, "akash1c", "30000", "uusdc", 2000, "a100"),
            ].map { try read($0) { try LeaseRecord($0) } }
        )
        _ = try await store.put(try days.map { try read($0) { try CalendarDay($0) } })
        _ = try await store.settleUsage(steps: .max)
        for (customer, address) in [("cus_1", "akash1a"), ("cus_2", "akash1b"), ("cus_2", "akash1c")] {
            let known = try await store.accounts(of: customer)
            let account = AccountPeriod(address: address, from: nil, through: nil)
            _ = try await store.setAccounts(known + [account], of: customer)
        }
    }
}
