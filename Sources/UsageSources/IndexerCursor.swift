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
            provider: lease.provider
        )
    }

    // The names need no escaping: they are checked before they are stored and contain no slash.

    var text: String {
        guard let last else { return isClosed ? "closed" : "open" }
        return "\(isClosed ? "closed" : "open")/\(last.closedHeight)/\(last.owner)/\(last.dseq)/\(last.gseq)/"
            + "\(last.oseq)/\(last.provider)"
    }

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts[0] == "closed" || parts[0] == "open" else { return nil }
        isClosed = parts[0] == "closed"
        if parts.count == 1 {
            last = nil
            return
        }
        guard parts.count == 7, let closedHeight = Int64(parts[1]), let gseq = Int64(parts[4]),
            let oseq = Int64(parts[5])
        else { return nil }
        last = Last(
            closedHeight: closedHeight,
            owner: parts[2],
            dseq: parts[3],
            gseq: gseq,
            oseq: oseq,
            provider: parts[6]
        )
    }
}
