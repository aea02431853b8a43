package import Billing
import Foundation
package import Storage

/// Minimal bodies of events: a case adds the fields that it is about.
package enum MadeUp {
    /// The time at which generated stories begin.
    package static let start: Int64 = 1_750_000_000

    /// An event about an object.
    ///
    /// - Parameters:
    ///   - id: The event's.
    ///   - type: In Stripe's spelling.
    ///   - object: What stands under `data.object`.
    ///   - created: The event's.
    ///   - livemode: The mode.
    ///   - account: A connected account.
    ///   - apiVersion: The version the object is rendered in; `nil` to name none.
    /// - Returns: A payload.
    /// - Throws: When `object` is no JSON.
    package static func event(
        _ id: String,
        _ type: String,
        _ object: [String: Any],
        created: Int64 = start,
        livemode: Bool = false,
        account: String? = nil,
        apiVersion: String? = "2025-09-30.clover"
    ) throws -> [UInt8] {
        var envelope: [String: Any] = [
            "id": id, "object": "event", "type": type, "created": created, "livemode": livemode,
            "data": ["object": object],
        ]
        if let account { envelope["account"] = account }
        if let apiVersion { envelope["api_version"] = apiVersion }
        return try Array(JSONSerialization.data(withJSONObject: envelope, options: [.sortedKeys]))
    }

    /// An event with only its object's id.
    package static func thinEvent(_ id: String, _ type: String, about charge: String) throws -> [UInt8] {
        let event: [String: Any] = [
            "id": id, "object": "v2.core.event", "type": type, "created": "2025-06-15T15:06:40.000Z",
            "livemode": false,
            "related_object": ["id": charge, "type": "charge", "url": "/v1/charges/\(charge)"],
        ]
        return try Array(JSONSerialization.data(withJSONObject: event, options: [.sortedKeys]))
    }

    package static func intent(
        _ id: String,
        status: String = "succeeded",
        amount: Int64 = 2500,
        created: Int64 = start,
        _ more: [String: Any] = [:]
    ) -> [String: Any] {
        [
            "id": id, "object": "payment_intent", "amount": amount, "currency": "usd", "created": created,
            "status": status, "amount_received": status == "succeeded" ? amount : 0, "customer": "cus_1",
        ]
        .merging(more) { $1 }
    }

    package static func charge(
        _ id: String,
        intent: String? = nil,
        amount: Int64 = 2500,
        created: Int64 = start,
        _ more: [String: Any] = [:]
    ) -> [String: Any] {
        var charge: [String: Any] = [
            "id": id, "object": "charge", "amount": amount, "amount_captured": amount, "amount_refunded": 0,
            "currency": "usd", "created": created, "status": "succeeded", "paid": true, "captured": true,
            "customer": "cus_1",
            "payment_method_details": ["type": "card", "card": ["brand": "visa", "last4": "4242"]],
        ]
        if let intent { charge["payment_intent"] = intent }
        return charge.merging(more) { $1 }
    }

    package static func refund(
        _ id: String,
        charge: String,
        amount: Int64 = 500,
        status: String = "succeeded",
        created: Int64 = start + 100,
        _ more: [String: Any] = [:]
    ) -> [String: Any] {
        [
            "id": id, "object": "refund", "amount": amount, "currency": "usd", "created": created,
            "status": status, "charge": charge,
        ]
        .merging(more) { $1 }
    }

    package static func dispute(_ id: String, charge: String, created: Int64 = start + 200) -> [String: Any] {
        [
            "id": id, "object": "dispute", "amount": 2500, "currency": "usd", "created": created,
            "status": "needs_response", "charge": charge,
        ]
    }

    package static func customer(_ id: String, user: String?) -> [String: Any] {
        ["id": id, "object": "customer", "metadata": user.map { ["userId": $0] } ?? [:]]
    }
}

extension Store {
    /// Records a payload.
    @discardableResult
    package func record(
        _ payload: [UInt8],
        receivedAt: Int64 = MadeUp.start,
        source: EventSource = .webhook
    ) async throws -> RecordOutcome {
        try await record(
            IncomingEvent(
                parsing: payload,
                receivedAt: Instant(unixSeconds: receivedAt),
                source: source
            )
        )
    }

    /// Every row that a filter finds, read a page at a time from the newest on.
    package func allRows(
        _ filter: TransactionFilter = TransactionFilter(.anyCustomer),
        pageSize: Int = 100
    ) async throws -> [Transaction] {
        var rows: [Transaction] = []
        var cursor = Cursor.start
        while true {
            let page = try requireSome(
                await page(filter, cursor: cursor, limit: pageSize),
                "page behind \(cursor)"
            )
            rows += page.elements
            guard page.hasMore, let last = page.elements.last else { return rows }
            cursor = .startingAfter(last.id)
        }
    }

    package func transaction(id: String) async throws(StoreError) -> Transaction? {
        try await transaction(id: id, within: .anyCustomer)
    }

    package func payment(ofTransaction id: String) async throws(StoreError) -> PaymentDetail? {
        try await payment(ofTransaction: id, within: .anyCustomer)
    }

    package func accounts(of customer: String) async throws(StoreError) -> [AccountPeriod] {
        try await accounts(of: CustomerKey(customer, account: nil))
    }

    @discardableResult
    package func give(_ credits: [Credit]) async throws(StoreError) -> [CreditOutcome] {
        try await give(credits, livemode: false, now: Instant(unixSeconds: MadeUp.start))
    }

    /// The credits behind a customer's rows, the oldest first.
    package func credits(of customer: String) async throws -> [Credit] {
        let rows = try await allRows(TransactionFilter(ofCustomers: [customer], type: .credit))
        let named = rows.reversed().map { ObjectReference(.credit, $0.id) }
        return try await payments(of: named, account: nil).flatMap { payment in
            payment.compactMap { record in
                if case .credit(let credit) = record.snapshot?.object { credit } else { nil }
            }
        }.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }

    /// The customers of one's own account that are a user's.
    package func customers(ofUser user: String) async throws -> [String] {
        guard let identity = Identity(.user, user) else { return [] }
        return try await customers(of: identity).filter { $0.account == nil }.map(\.customer)
    }

    /// The ids of the rows that a filter finds, newest first.
    func ids(_ filter: TransactionFilter = TransactionFilter()) async throws -> [String] {
        try await allRows(filter).map(\.id)
    }
}
