import Billing
import Foundation
import Storage
import Scenarios
import TestSupport

/// The views show the same data as the store, one case for each view or edge case.
package struct ViewsConformance: Sendable, CustomStringConvertible {
    /// The sentence that would be false if the case failed.
    package let law: String
    package let check: @Sendable (any QueryablePlace) async throws -> Void

    package var description: String { law }

    package static let cases = [
        ViewsConformance(law: "the feed and its view have the same rows, before and after a rebuild") {
            place in
            try await place.withStore { store in
                for body in try payments() { try await store.record(body) }
                for seed in 1...20 {
                    for event in RandomScenario.random(seed: UInt64(seed)).events {
                        try await store.record(event.body)
                    }
                }
                try await store.give([credit])
                try await requireSameFeed(place, store)
                _ = try await store.reprojectAll()
                try await requireSameFeed(place, store)
                try await store.record(MadeUp.event("evt_new", "charge.succeeded", MadeUp.charge("ch_new")))
                try await requireSameFeed(place, store)
                let new = try await place.query("SELECT amount FROM transactions_view WHERE id = 'ch_new'")
                try requireEqual(new, [["amount": "2500"]], "recorded after the rebuild")
            }
        },
        ViewsConformance(law: "a refund has the reason that Stripe was given") { place in
            try await place.withStore { store in
                for body in try payments() { try await store.record(body) }
                let reasons = try await place.query(
                    "SELECT id, refund_reason FROM transactions_view WHERE refund_reason IS NOT NULL ORDER BY id"
                )
                let expected = [
                    ["id": "re_1", "refund_reason": "requested_by_customer"],
                    ["id": "re_2", "refund_reason": "duplicate"],
                ]
                try requireEqual(reasons, expected, "reasons")
            }
        },
        ViewsConformance(law: "a text with NUL, backslashes or emoji is readable") { place in
            try await place.withStore { store in
                let texts = ["\u{1F600} a\0b", #"\u0000"#, #"\\u0000\"#, "\0\0\u{1}\"\n", #"\"# + "\0"]
                for (number, text) in texts.enumerated() {
                    let charge = MadeUp.charge("ch_\(number)", ["description": text])
                    try await store.record(MadeUp.event("evt_\(number)", "charge.succeeded", charge))
                }
                let found = try await place.query("SELECT description FROM transactions_view ORDER BY id")
                let expected = texts.map { ["description": $0.replacing("\0", with: "\u{FFFD}")] }
                try requireEqual(found, expected, "descriptions")
            }
        },
        ViewsConformance(law: "the view of customers resolves users and organizations as the service does") {
            place in
            try await place.withStore { store in
                for body in try payments() { try await store.record(body) }
                let keys = try await linkedCustomers(store)
                let rows = try await place.query("SELECT * FROM customers_view ORDER BY account, customer")
                try requireEqual(
                    Set(rows.map { CustomerKey($0["customer"] ?? "", account: $0["account"]) }),
                    keys,
                    "keys"
                )
                try requireEqual(rows.count, keys.count, "customers")
                for row in rows {
                    let key = CustomerKey(row["customer"] ?? "", account: row["account"])
                    let links = try requireSome(await store.links(of: key), "customer \(key)")
                    var expected = ["customer": key.customer, "account": key.account]
                    for (column, kind) in [("console_users", .user), ("organizations", .organization)]
                        as [(String, Identity.Kind)]
                    {
                        let ids = links.links.filter { $0.isInForce && $0.identity.kind == kind }
                        expected[column] = array(ids.map(\.identity.id))
                    }
                    let addresses = Set(try await store.accounts(of: key).map(\.address))
                    expected["addresses"] = array(addresses.sorted())
                    try requireEqual(row, expected.compactMapValues(\.self), "customer \(key)")
                }
            }
        },
        ViewsConformance(law: "the views of usage have the totals of each day, and unknown prices as NULL") {
            place in
            try await place.withStore { store in
                try await putUsage(in: store)
                for (view, grouping, column) in [
                    ("daily_usage_view", .total, nil),
                    ("daily_usage_by_provider_view", .provider, "provider"),
                    ("daily_usage_by_gpu_model_view", .gpuModel, "gpu_model"),
                ] as [(String, UsageGrouping, String?)] {
                    try await requireSameUsage(place, store, view, by: grouping, column)
                }
            }
        },
        ViewsConformance(law: "the view of events has what was recorded, and no body") {
            place in
            try await place.withStore { store in
                for body in try payments() { try await store.record(body) }
                try await store.record(
                    MadeUp.event("evt_q", "charge.succeeded", MadeUp.charge("x", ["amount": -1]))
                )
                try await store.record(
                    MadeUp.event("evt_u", "some.thing", [:], livemode: true, apiVersion: nil)
                )
                let entries = try await store.entries(EventQuery(limit: 1000))?.elements ?? []
                let expected = entries.map { entry in
                    [
                        "id": entry.id, "api_version": entry.apiVersion ?? "", "type": entry.type,
                        "created": entry.created?.rfc3339, "received_at": entry.receivedAt.rfc3339,
                        "livemode": entry.livemode ? "1" : "0", "account": entry.account,
                        "source": entry.source.rawValue, "disposition": entry.disposition.rawValue,
                    ].compactMapValues(\.self)
                }
                let found = try await place.query("SELECT * FROM events_view")
                try requireEqual(Set(found), Set(expected), "events")
                try requireEqual(found.count, expected.count, "number of events")
            }
        },
        ViewsConformance(law: "the views have no personal data of an erased customer") { place in
            try await place.withStore { store in
                for body in try CanaryScenario.bodies() + CanaryScenario.othersBodies() {
                    try await store.record(body)
                }
                let customer = CustomerKey(CanaryScenario.customer, account: nil)
                let users: StatedLinks = [.user: [CanaryScenario.canary("link")]]
                _ = try await store.put(users, of: customer, from: .api)
                func canaries() async throws -> [String] {
                    var found: [String] = []
                    for view in views {
                        for row in try await place.query("SELECT * FROM \(view)") {
                            found += row.filter { $1.contains(CanaryScenario.mark) }.map {
                                "\(view).\($0.key)"
                            }
                        }
                    }
                    return found
                }
                let before = Set(try await canaries())
                for column in ["transactions_view.description", "customers_view.console_users"] {
                    try require(before.contains(column), "\(column) has no canary: \(before)")
                }
                _ = try await CustomerEraser(store: store, archive: nil).erase(
                    customer,
                    isDryRun: false,
                    now: Instant(unixSeconds: MadeUp.start + 5000)
                )
                try requireEqual(try await canaries(), [], "canaries")
                try await requireSameFeed(place, store)
                _ = try await store.reprojectAll()
                try requireEqual(try await canaries(), [], "canaries after a rebuild")
            }
        },
    ]

    /// All views.
    package static let views = [
        "transactions_view", "customers_view", "events_view", "daily_usage_view",
        "daily_usage_by_provider_view", "daily_usage_by_gpu_model_view",
    ]

    /// The columns that the reference documents for a view: the names in the first cells of its section's table.
    package static func documentedColumns(of view: String) throws -> Set<String> {
        let text = try String(contentsOf: Testdata.url("../deploy/docs/reference/views.md"), encoding: .utf8)
        let sections = text.split(separator: "\n## ")
        let section = try requireSome(
            sections.first { $0.prefix { $0 != "\n" }.contains("`\(view)`") },
            "section about \(view)"
        )
        let cells = section.split(separator: "\n").filter { $0.hasPrefix("| `") }
            .compactMap { $0.split(separator: "|").first }
        let columns = Set(cells.flatMap { $0.matches(of: /`([a-z0-9_]+)`/).map { String($0.output.1) } })
        // One section is about three views, two of which have one column more.
        guard view.hasPrefix("daily_usage") else { return columns }
        return columns.filter { !["provider", "gpu_model"].contains($0) || view.contains("_by_\($0)_") }
    }
}
