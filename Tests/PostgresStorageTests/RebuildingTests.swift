import Billing
import PostgresClient
import Storage
import StorageConformance
import TestSupport
import Testing

@testable import PostgresStorage

/// Deriving again what cannot be read.
struct RebuildingTests {
    /// Each is a damaged snapshot, or one that an earlier version wrote.
    @Test(
        arguments: [
            #"'\x'"#, #"'{"kind":"charge"}'"#,
            "substr(snapshot, 1, length(snapshot) - 1)",
            """
            convert_to('{"kind":"' || kind || '","value":{"amount":9223372036854775807,"created":1,'
                || '"currency":"usd","id":"' || id || '"}}', 'UTF8')
            """,
        ],
        ["charge", "refund", "customer"]
    )
    func `an unreadable snapshot is derived again from the log, and recording continues`(
        damage: String,
        kind: String
    ) async throws {
        let refund = MadeUp.refund("re_1", charge: "ch_1", amount: 2500)
        let bodies = [
            try MadeUp.event("evt_0", "customer.created", MadeUp.customer("cus_1", user: "user_1")),
            try MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")),
            try MadeUp.event("evt_2", "refund.created", refund),
            try MadeUp.event("evt_3", "charge.succeeded", MadeUp.charge("ch_2")),
        ]
        let later = [
            try MadeUp.event(
                "evt_4",
                "refund.updated",
                refund.merging(["description": "late"]) { $1 },
                created: MadeUp.start + 200
            ),
            try MadeUp.event(
                "evt_5",
                "customer.updated",
                MadeUp.customer("cus_1", user: "user_2"),
                created: MadeUp.start + 200
            ),
        ]
        try await withReplicas(1) { place, stores in
            let store = stores[0]
            for body in bodies { try await store.record(body) }
            try place.connect().run(
                script: """
                    UPDATE objects
                    SET snapshot = \(damage), snapshot_size = length(\(damage)::BYTEA)
                    WHERE kind = '\(kind)'
                    """
            )
            #expect(try await store.payment(ofTransaction: "ch_1")?.transaction.id == "ch_1")
            for body in later { #expect(try await store.record(body) == .recorded) }
            #expect(try await store.allRows() == NaiveFeed.rows(of: bodies + later))
            #expect(try await store.customers(ofUser: "user_2") == ["cus_1"])
            let again = try await store.reproject(eventID: "evt_3")
            #expect(again?.transactions == 3)
            #expect(try await store.reprojectAll().changed == 0)
        }
    }
}
