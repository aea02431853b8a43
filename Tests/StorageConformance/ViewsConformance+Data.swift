import Billing
import JSON
import Foundation
import Storage
import Scenarios
import TestSupport

extension ViewsConformance {
    static let credit = Credit(
        id: "credit_1",
        customer: "cus_1",
        kind: .bonus,
        money: Money(minorUnits: -1500, currency: .usd),
        created: Instant(unixSeconds: MadeUp.start),
        description: "Ünïcode \u{1F600}"
    )

    /// Payments in currencies with zero to three decimals, with refunds, a lost dispute, a failure, an amount in
    /// another currency, and one of a connected account.
    package static func payments() throws -> [[UInt8]] {
        let largest = 9_999_999_999_999 as Int64
        let (start, clover) = (MadeUp.start, "2025-09-30.clover")
        let failure: [String: Any] = [
            "status": "failed", "paid": false, "failure_code": "card_declined",
            "failure_message": "Declined.",
            "outcome": ["reason": "do_not_honor", "type": "issuer_declined"],
        ]
        let presentment = [
            "presentment_details": ["presentment_amount": 2883, "presentment_currency": "cad"]
        ]
        let loss: [[String: Any]] = [
            [
                "id": "txn_1", "amount": -2500, "currency": "usd", "fee": 1500, "net": -4000,
                "type": "adjustment",
                "reporting_category": "dispute",
            ]
        ]
        let dispute = MadeUp.dispute("dp_1", charge: "ch_lost").merging(
            [
                "status": "lost", "balance_transactions": loss, "reason": "fraudulent",
                "is_charge_refundable": false,
            ]
        ) { $1 }
        let objects: [(String, [String: Any], String?)] = [
            ("charge.succeeded", MadeUp.charge("ch_1", ["receipt_number": "1234-5678"]), nil),
            (
                "refund.created",
                MadeUp.refund("re_1", charge: "ch_1", amount: 300, ["reason": "requested_by_customer"]), nil
            ),
            (
                "refund.created", MadeUp.refund("re_2", charge: "ch_1", amount: 400, ["reason": "duplicate"]),
                nil
            ),
            (
                "refund.failed",
                MadeUp.refund(
                    "re_3",
                    charge: "ch_1",
                    status: "failed",
                    ["failure_reason": "lost_or_stolen_card"]
                ),
                nil
            ),
            ("charge.succeeded", MadeUp.charge("ch_jpy", amount: largest, ["currency": "jpy"]), nil),
            ("charge.succeeded", MadeUp.charge("ch_kwd", amount: 1005, ["currency": "kwd"]), nil),
            ("charge.succeeded", MadeUp.charge("ch_isk", amount: 50000, ["currency": "isk"]), nil),
            ("charge.succeeded", MadeUp.charge("ch_lost", ["disputed": true]), nil),
            ("charge.dispute.closed", dispute, nil),
            ("charge.failed", MadeUp.charge("ch_failed", failure), nil),
            ("charge.succeeded", MadeUp.charge("ch_cad", presentment), nil),
            ("charge.succeeded", MadeUp.charge("ch_theirs", ["customer": "cus_2"]), "acct_1"),
            ("charge.succeeded", MadeUp.charge("ch_nobody", ["customer": NSNull()]), nil),
            ("customer.created", MadeUp.customer("cus_1", user: "user_1"), nil),
        ]
        return try objects.enumerated().map { number, object in
            try MadeUp.event(
                "evt_p\(number)",
                object.0,
                object.1,
                created: start + Int64(number),
                account: object.2,
                apiVersion: clover
            )
        }
    }

    /// Makes links and addresses of all kinds, and returns the customers that the payments, links, addresses and
    /// credits name.
    static func linkedCustomers(_ store: any Store) async throws -> Set<CustomerKey> {
        func own(_ id: String) -> CustomerKey { CustomerKey(id, account: nil) }
        let theirs = CustomerKey("cus_1", account: "acct_1")
        for (id, user, account) in [
            ("cus_user", "user_2", nil), ("cus_odd", "ünï", nil), ("cus_nul", "a\0b", nil),
            ("cus_none", nil, nil),
            ("cus_1", "user_3", "acct_1"), ("cus_slash", #"a\012\b"#, nil), ("cus_over", "user_4", nil),
        ] as [(String, String?, String?)] {
            let customer = MadeUp.customer(id, user: user)
            try await store.record(
                MadeUp.event("evt_\(id)_\(account ?? "")", "customer.created", customer, account: account)
            )
        }
        _ = try await store.put([.user: []], of: own("cus_over"), from: .api)
        _ = try await store.put(
            [.user: ["z", "b"], .organization: ["o2", "o1"]],
            of: own("cus_both"),
            from: .console
        )
        _ = try await store.put([.organization: ["org"]], of: own("cus_both"), from: .api)
        _ = try await store.put([.user: ["auth0|1"]], of: theirs, from: .api)
        let addresses = ["akash1b", "akash1a"].map { AccountPeriod(address: $0, from: nil, through: nil) }
        let june = CalendarDate(dayNumber: 20_000)
        let again = AccountPeriod(address: "akash1b", from: june, through: june)
        let handed = AccountPeriod(address: "akash1a", from: nil, through: june)
        let taken = AccountPeriod(address: "akash1a", from: june.adding(days: 1), through: nil)
        _ = try await store.setAccounts([addresses[0], handed, again], of: "cus_1")
        _ = try await store.setAccounts([taken], of: "cus_address")
        _ = try await store.give([
            Credit(
                id: "credit_2",
                customer: "cus_credit",
                kind: .manual,
                money: Money(minorUnits: 1, currency: .usd),
                created: Instant(unixSeconds: MadeUp.start),
                description: nil
            )
        ])
        return Set(
            [
                "cus_1", "cus_user", "cus_odd", "cus_nul", "cus_none", "cus_slash", "cus_over", "cus_both",
                "cus_address", "cus_credit",
            ].map(own) + [theirs, CustomerKey("cus_2", account: "acct_1")]
        )
    }

    static func putUsage(in store: any Store) async throws {
        let generated = GeneratedLeases(seed: 3, count: 120)
        _ = try await store.put(try generated.leases.map { try read($0) { try LeaseRecord($0) } })
        _ = try await store.put(try generated.calendar.map { try read($0) { try CalendarDay($0) } })
        _ = try await store.settleUsage(steps: .max)
        let middle = CalendarDate(dayNumber: 20_499)
        _ = try await store.setAccounts(
            [
                AccountPeriod(address: "akash1owner1", from: nil, through: middle),
                AccountPeriod(address: "akash1owner2", from: middle, through: nil),
                AccountPeriod(address: "akash1owner2", from: nil, through: nil),
            ],
            of: "cus_1"
        )
    }

    static func read<Value>(_ text: String, _ body: (JSONValue) throws -> Value) throws -> Value {
        try Array(text.utf8).withUnsafeBufferPointer { try JSONValue.read($0, body) }
    }
}
