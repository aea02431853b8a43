import Billing
import Testing

/// A thin event says which object to fetch, or why it cannot be said.
struct ThinEventTests {
    private static func event(
        type: String = "v1.charge.refunded",
        context: String? = nil,
        related: String?
    ) throws -> Event {
        let context = context.map { #","context":"\#($0)""# } ?? ""
        let related = related.map { #","related_object":\#($0)"# } ?? ""
        let body =
            #"{"id":"evt_1","object":"v2.core.event","type":"\#(type)","livemode":true\#(context)\#(related)}"#
        return try Event(parsing: Array(body.utf8))
    }

    private static func related(_ id: String, type: String = "charge", _ url: String) -> String {
        #"{"id":"\#(id)","type":"\#(type)","url":"\#(url)"}"#
    }

    private static let charge = related("ch_1", "/v1/charges/ch_1")

    private static func thin(_ event: Event) -> ThinEvent? {
        guard case .thin(let thin) = event.content else { return nil }
        return thin
    }

    @Test func `it names the object and whose it is`() throws {
        let event = try Self.event(related: Self.charge)
        let thin = try #require(Self.thin(event))
        #expect(thin.object == ObjectReference(.charge, "ch_1"))
        #expect(thin.context == nil && event.account == nil && event.livemode)
    }

    @Test(arguments: [("acct_1", "acct_1"), ("org_1/acct_2", "acct_2")])
    func `its context is the account that a snapshot event would name`(
        context: String,
        account: String
    ) throws {
        let event = try Self.event(context: context, related: Self.charge)
        #expect(event.account == account)
        #expect(Self.thin(event)?.context == context)
    }

    @Test(arguments: ObjectKind.allCases)
    func `every kind we read is at its own path`(kind: ObjectKind) throws {
        let url = "\(kind.apiPath)/x_1"
        let event = try Self.event(related: Self.related("x_1", type: kind.rawValue, url))
        #expect(Self.thin(event)?.object == ObjectReference(kind, "x_1"))
    }

    @Test(arguments: [
        #""https://api.stripe.com/v1/charges/ch_1""#, #""/v1/charges/ch_1?expand[]=x""#,
        #""/v2/charges/ch_1""#,
        #""https://evil.example/""#, #""""#, "null", "7", nil,
    ])
    func `its object is told by kind and id, whatever its URL`(url: String?) throws {
        let related = #"{"id":"ch_1","type":"charge"\#(url.map { #","url":\#($0)"# } ?? "")}"#
        let event = try Self.event(related: related)
        #expect(Self.thin(event)?.object == ObjectReference(.charge, "ch_1"))
    }

    @Test(
        arguments: [
            (nil, "related_object is missing"), ("null", "related_object is null"),
            (#"{"type":"charge","url":"/v1/charges/ch_1"}"#, "related_object.id is missing"),
            (#"{"id":"ch_1","url":"/v1/charges/ch_1"}"#, "related_object.type is missing"),
            (
                #"{"id":"x_1","type":"x","url":"/v1/x/x_1"}"#,
                "related_object.type is not a kind of object that we read"
            ), ("7", "related_object.type is missing"),
        ] as [(String?, String)]
    )
    func `one that does not say what it is about is unreadable`(related: String?, reason: String) throws {
        #expect(try Self.event(related: related).unreadableReason == reason)
    }

    @Test(arguments: [
        "v2.core.event_destination.ping", "v2.core.account.updated", "v1.payout.paid",
        "v1.billing.meter.error_report",
        "charge.refunded", "v1.", "v1",
    ])
    func `one of another family is nothing to us, whatever it names`(type: String) throws {
        for related in [nil, "null", "7", Self.charge] {
            guard case .other = try Self.event(type: type, related: related).content else {
                Issue.record("\(type) with \(related ?? "nothing")")
                continue
            }
        }
    }
}
