package import Billing
package import JSON

/// A lease of a source that the ledger does not take, because one of its values cannot be read.
package struct SetAsideLease: Error, Sendable, Equatable {
    /// The lease as the source names it.
    package let lease: String
    /// The faulty value and its fault.
    package let fault: String
    /// The height at which the lease was closed; `nil` for a lease that each sync asks for anyway.
    package let closedHeight: Int64?

    package init(lease: String, fault: String, closedHeight: Int64? = nil) {
        self.lease = lease
        self.fault = fault
        self.closedHeight = closedHeight
    }
}

extension LeasePage {
    /// Whether the source has a lease, also if it cannot be read.
    package func has(_ identity: LeaseIdentity) -> Bool {
        leases.contains { $0.identity.isSameLease(as: identity) } || setAside.contains { $0.names(identity) }
    }
}

extension SetAsideLease {
    fileprivate func names(_ identity: LeaseIdentity) -> Bool {
        var parts = lease.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6 else { return false }
        parts.remove(at: 4)
        let (dseq, gseq, oseq) = (String(identity.dseq), String(identity.gseq), String(identity.oseq))
        return parts == [identity.owner, dseq, gseq, oseq, identity.provider]
    }
}

extension SetAsideLease: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        lease = try json.decode("lease")
        fault = try json.decode("fault")
        closedHeight = nil
    }

    /// Without the closed height, which readers need not know.
    package func write(to json: inout JSONWriter) {
        json.member("fault", fault)
        json.member("lease", lease)
    }
}
