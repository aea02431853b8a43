import Billing

/// Events of a few words.
enum Sample {
    static func payload(
        _ type: String,
        created: Int64 = 1000,
        id: String = "evt_1",
        apiVersion: String? = nil,
        livemode: Bool = false,
        _ object: String
    ) -> [UInt8] {
        let version = apiVersion.map { #""api_version":"\#($0)","# } ?? ""
        let text =
            #"{"id":"\#(id)","type":"\#(type)","created":\#(created),"livemode":\#(livemode),\#(version)"#
            + #""data":{"object":\#(object)}}"#
        return Array(text.utf8)
    }

    static func event(
        _ type: String,
        created: Int64 = 1000,
        apiVersion: String? = nil,
        livemode: Bool = false,
        _ object: String
    ) throws -> Event {
        try Event(
            parsing: payload(
                type,
                created: created,
                apiVersion: apiVersion,
                livemode: livemode,
                object
            )
        )
    }

    /// The snapshot that an event about `object` shows of it.
    static func snapshot(
        _ type: String,
        created: Int64 = 1000,
        apiVersion: String? = nil,
        livemode: Bool = false,
        _ object: String
    ) throws -> Snapshot? {
        let event = try event(type, created: created, apiVersion: apiVersion, livemode: livemode, object)
        return event.records(receivedAt: Instant(unixSeconds: 0)).compactMap(\.snapshot).first
    }

    /// The records of events, merged in the order given.
    static func merge(_ events: [Event]) -> [ObjectReference: ObjectRecord] {
        var known: [ObjectReference: ObjectRecord] = [:]
        for record in events.flatMap({ $0.records(receivedAt: Instant(unixSeconds: 0)) }) {
            known[record.reference] = known[record.reference]?.merging(record) ?? record
        }
        return known
    }

    /// The rows of events that all belong to one payment.
    static func rows(_ events: [Event]) -> [Transaction] {
        group(events).transactions.sorted { $0.id < $1.id }
    }

    /// The missing objects of the one payment that the events show.
    static func missing(_ events: [Event]) -> [StripeFetchRequest] { group(events).missing }

    private static func group(_ events: [Event]) -> PaymentGroup {
        let records = merge(events).values.filter { $0.reference.kind != .customer }
        return PaymentGroup(Array(records), account: nil)
    }
}

extension Event {
    var unreadableReason: String? {
        guard case .unreadable(let reason, _) = content else { return nil }
        return reason
    }

    var object: StripeObject? {
        guard case .snapshot(let object) = content else { return nil }
        return object
    }
}
