import Billing

/// The cursor in the indexer's leases: first the open ones in order of identity, then the closed ones in
/// order of their closed height.
struct IndexerCursor: Equatable {
    /// Whether the cursor is in the closed leases.
    let isClosed: Bool
    /// The last lease read; `nil` at the beginning.
    let last: Last?

    struct Last: Equatable {
        /// Used only for closed leases; 0 for open ones.
        let closedHeight: Int64
        let owner: String
        let dseq: String
        let gseq: Int64
        let oseq: Int64
        let provider: String
        let bseq: Int64
    }

    static let closed = IndexerCursor(isClosed: true, last: nil)

    init(isClosed: Bool, last: Last?) {
        self.isClosed = isClosed
        self.last = last
    }

    init(behind lease: RawLease, isClosed: Bool) {
        self.isClosed = isClosed
        last = Last(
            closedHeight: lease.closed.flatMap { Int64($0) } ?? 0,
            owner: lease.owner,
            dseq: lease.dseq,
            gseq: Int64(lease.gseq) ?? 0,
            oseq: Int64(lease.oseq) ?? 0,
            provider: lease.provider,
            bseq: Int64(lease.bseq) ?? 0
        )
    }

    // The names are escaped: the page may end with a lease whose names cannot be read.

    var text: String {
        guard let last else { return isClosed ? "closed" : "open" }
        let names = [
            last.owner, last.dseq, String(last.gseq), String(last.oseq), last.provider, String(last.bseq),
        ]
        return "\(isClosed ? "closed" : "open")/\(last.closedHeight)/"
            + names.map(PercentEncoding.encoded).joined(separator: "/")
    }

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts[0] == "closed" || parts[0] == "open" else { return nil }
        isClosed = parts[0] == "closed"
        if parts.count == 1 {
            last = nil
            return
        }
        guard parts.count == 8, let closedHeight = Int64(parts[1]),
            let owner = PercentEncoding.decoded(parts[2]), let dseq = PercentEncoding.decoded(parts[3]),
            let gseq = Int64(parts[4]), let oseq = Int64(parts[5]),
            let provider = PercentEncoding.decoded(parts[6]), let bseq = Int64(parts[7])
        else { return nil }
        last = Last(
            closedHeight: closedHeight,
            owner: owner,
            dseq: dseq,
            gseq: gseq,
            oseq: oseq,
            provider: provider,
            bseq: bseq
        )
    }
}
