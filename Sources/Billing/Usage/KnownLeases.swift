/// The leases of a ledger by the order that each fulfils, so that a record finds its lease whichever source sent it.
///
/// A provider may have several bids on an order, which the market numbers from its version 1beta5 on (`bseq`):
/// <https://github.com/akash-network/chain-sdk/blob/main/proto/node/akash/market/v1/bid.proto>. A source from before,
/// and a record of a lease from before, says 0. An order has one lease, since it must be open when its lease is created:
/// <https://github.com/akash-network/node/blob/main/x/market/handler/server.go>. So a record without a number means the
/// numbered lease of its order and provider; two numbers are two leases.
package struct KnownLeases: Sendable {
    private var leases: [LeaseIdentity: [LeaseState]] = [:]

    package init(_ leases: some Sequence<LeaseState> = []) {
        for lease in leases { put(lease) }
    }

    /// The lease that a record describes.
    package func lease(of record: LeaseRecord) -> LeaseState? {
        let candidates = leases[record.identity.unnumbered] ?? []
        if let same = candidates.first(where: { $0.record.identity == record.identity }) { return same }
        guard !record.identity.isNumbered else {
            return candidates.first { !$0.record.identity.isNumbered }
        }
        let sameAge = candidates.first { $0.record.createdHeight == record.createdHeight }
        return sameAge ?? (candidates.count == 1 ? candidates[0] : nil)
    }

    /// Adds a lease, or replaces the one that it continues.
    package mutating func put(_ lease: LeaseState, replacing known: LeaseState? = nil) {
        let replaced = known?.record.identity ?? lease.record.identity
        leases[lease.record.identity.unnumbered, default: []].removeAll { $0.record.identity == replaced }
        leases[lease.record.identity.unnumbered, default: []].append(lease)
    }
}

extension LeaseIdentity {
    /// Whether the number of the bid is known.
    fileprivate var isNumbered: Bool { bseq != 0 }

    /// Whether both may be names of one lease, of which one source may not know the number.
    package func isSameLease(as other: LeaseIdentity) -> Bool {
        unnumbered == other.unnumbered && (bseq == other.bseq || !isNumbered || !other.isNumbered)
    }

    /// The order and the provider, which all sources know.
    package var unnumbered: LeaseIdentity {
        LeaseIdentity(
            chainID: chainID,
            owner: owner,
            dseq: dseq,
            gseq: gseq,
            oseq: oseq,
            bseq: 0,
            provider: provider
        )
    }
}

extension LeaseRecord {
    /// The record with the number of the known one, if it has none itself.
    func numbered(like known: LeaseIdentity?) -> LeaseRecord {
        guard let known, !identity.isNumbered else { return self }
        var record = self
        record.identity = known
        return record
    }
}

extension LeaseState {
    /// The lease with the number of a record of it, if it has none itself; `nil` if that changes nothing.
    func numbered(like record: LeaseRecord) -> LeaseState? {
        guard self.record.identity != record.identity else { return nil }
        return LeaseState(record: self.record.numbered(like: record.identity), kept: kept)
    }
}
