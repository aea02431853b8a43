import Billing
import Foundation
import Scenarios
import TestSupport
import Testing

/// The fields of Stripe's objects that stay when their customer's personal data are erased.
struct PersonalDataTests {
    /// The erased fields, by the names under which we keep them.
    private static let personal: Set<String> = [
        "bank_name", "bank_reference", "description", "failure_message", "last4", "message", "metadata",
        "next_action", "userId", "wallet",
    ]

    private static let events: [Event] = {
        let bodies =
            TestSupport.Scenario.all.flatMap(\.payloads)
            + (0..<40).flatMap { RandomScenario.random(seed: $0).events.map(\.body) }
            + ["radar.early_fraud_warning.created", "review.closed", "review.opened"].compactMap {
                try? Testdata.bytes("events/\($0).json")
            }
        return bodies.compactMap { try? Event(parsing: $0) }
    }()

    private func names(_ json: Any, under type: String? = nil) -> Set<String> {
        if let members = json as? [String: Any] {
            return members.reduce(into: []) { names, member in
                // The hash of a means of payment stands under the name of its type.
                if member.key != members["type"] as? String { names.insert(member.key) }
                names.formUnion(self.names(member.value))
            }
        }
        return (json as? [Any])?.reduce(into: []) { $0.formUnion(names($1)) } ?? []
    }

    private func json(_ object: StripeObject) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(SnapshotCoding.encode(object)))
    }

    @Test func `of every field that is kept of an object it is decided whether it is personal`() throws {
        let decided = PersonalData.keptNames.union(PersonalData.wordNames).union(Self.personal).union([
            "brand"
        ])
        for object in Self.events.flatMap(\.shown).map(\.object) {
            let undecided = names(try json(object)).subtracting(decided)
            #expect(undecided.isEmpty, "\(object.reference)")
        }
    }

    @Test func `erasing an object keeps amounts, dates and links, and removes personal data for good`()
        throws
    {
        #expect(Self.events.count > 300)
        for shown in Self.events.flatMap(\.shown) {
            let erased = try #require(PersonalData.erased(from: shown.object), "\(shown.object.reference)")
            #expect(erased.reference == shown.object.reference)
            let before = try #require((json(shown.object) as? [String: Any])?["value"] as? [String: Any])
            let after = try #require((json(erased) as? [String: Any])?["value"] as? [String: Any])
            for (name, value) in before
            where PersonalData.keptNames.contains(name) && !(value is [String: Any]) {
                #expect("\(after[name] ?? "none")" == "\(value)", "\(name) of \(erased.reference)")
            }
            // These may only be left empty.
            #expect(names(after).isDisjoint(with: Self.personal.subtracting(["metadata"])))
            let again = try #require(PersonalData.erased(from: erased))
            #expect(SnapshotCoding.encode(again) == SnapshotCoding.encode(erased))
        }
    }

    @Test func `the feed keeps every row, amount and state when everybody is erased`() {
        let erased = NaiveFeed.rows(of: Self.events.map(\.erased))
        let before = NaiveFeed.rows(of: Self.events)
        #expect(!before.isEmpty)
        func essentials(_ rows: [Transaction]) -> [String] {
            rows.map { row in
                "\(row.id) \(row.type) \(row.status) \(row.amount) \(row.amountRefunded) \(row.currency.code) "
                    + "\(row.created.unixSeconds) \(row.customer ?? "") \(row.disputed) \(row.receipt.available)"
            }
        }
        #expect(essentials(erased) == essentials(before))
        #expect(
            erased.allSatisfy { [nil, "Coupon"].contains($0.description) && $0.paymentMethod?.last4 == nil }
        )
        #expect(erased.allSatisfy { $0.failure?.message == nil })
    }
}
