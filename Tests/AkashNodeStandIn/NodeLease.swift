/// A lease as a node has it.
package struct NodeLease: Sendable {
    package var owner: String
    package var dseq: Int64
    package var provider = "akash1provider"
    package var state = "active"
    package var denomination = "uakt"
    package var price = "12.500000000000000000"
    package var created: Int64
    package var closed: Int64 = 0
    package var withdrawn = "0.000000000000000000"
    /// Put in the place of the whole lease.
    package var replacement: String?

    package init(owner: String, dseq: Int64, created: Int64? = nil) {
        self.owner = owner
        self.dseq = dseq
        self.created = created ?? dseq
    }

    /// The sort key of leases.
    var key: String {
        func padded(_ number: Int64) -> String { String(String(number).reversed()).padding(20) }
        return (state == "active" ? "1" : "2") + String(padded(dseq).reversed()) + provider
    }

    /// The cursor of a page that begins with it: standard base64, with characters that a query must escape.
    var pageKey: String { "+/\(state == "active" ? "a" : "c")\(dseq)==" }

    /// The JSON of the answer.
    package var text: String { json }

    var json: String {
        replacement
            ?? (#"{"lease":{"id":{"owner":"\#(owner)","dseq":"\#(dseq)","gseq":1,"oseq":1,"provider":"\#(provider)","bseq":0},"#
                + #""state":"\#(state)","price":{"denom":"\#(denomination)","amount":"\#(price)"},"created_at":"\#(created)","#
                + #""closed_on":"\#(closed)","reason":"lease_closed_reason_unspecified"},"escrow_payment":{"id":{"aid":{"#
                + #""scope":"deployment","xid":"\#(owner)/\#(dseq)"},"xid":"1/1/\#(provider)"},"state":{"owner":"\#(provider)","#
                + #""state":"open","rate":{"denom":"\#(denomination)","amount":"\#(price)"},"balance":{"denom":"\#(denomination)","#
                + #""amount":"0.000000000000000000"},"unsettled":{"denom":"\#(denomination)","amount":"0"},"#
                + #""withdrawn":{"denom":"\#(denomination)","amount":"\#(withdrawn)"}}}}"#)
    }
}

extension String {
    /// With zeros behind it.
    fileprivate func padding(_ length: Int) -> String {
        self + String(repeating: "0", count: max(0, length - count))
    }
}
