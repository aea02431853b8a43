package import Billing
package import JSON

/// A source of a chain's leases, and perhaps of its days: an indexer or a node.
///
/// The service only reads it. Every answer is limited in size, and is checked before it is returned.
package protocol UsageSource: Sendable {
    /// The kind that records of this source carry.
    var kind: UsageSourceKind { get }
    var chainID: String { get }

    /// The source's current height.
    func head() async throws(UsageSourceError) -> ChainHead

    /// Leases, in their state at ``LeaseQuery/asOf`` or later.
    ///
    /// After all pages are read, no lease that the question is about is missing, though some may have come
    /// twice.
    func leases(_ question: LeaseQuery) async throws(UsageSourceError) -> LeasePage

    /// The leases of these names, open or closed, whatever the numbers of their bids; a name that the source does not
    /// have is missing.
    ///
    /// - Parameter identities: At most a hundred.
    /// - Returns: One page with all of them, and perhaps with other leases of the same deployments.
    /// - Throws: ``UsageSourceError``.
    func leases(named identities: [LeaseIdentity]) async throws(UsageSourceError) -> LeasePage

    /// Days that began at a height or before, by ascending date and without a gap; final only up to that
    /// height.
    ///
    /// - Parameters:
    ///   - date: The first day; `nil` for the first that the source has.
    ///   - height: Later blocks count as not indexed.
    /// - Returns: At most a few hundred days; there may be more after the last of them. None if the source
    ///   has no days.
    /// - Throws: ``UsageSourceError``.
    func days(
        from date: CalendarDate?,
        through height: Int64
    ) async throws(UsageSourceError) -> [CalendarDay]
}

package enum UsageSourceKind: String, JSONEncodable, JSONDecodable, Sendable {
    /// Has the leases of all owners, and the days.
    case indexer
    /// Has the leases of one owner per request, and no days.
    case node
}

/// How far a source has read the chain.
package struct ChainHead: Sendable, Equatable {
    /// The last known height; `nil` if the source does not report it.
    package let height: Int64?
    /// When that block was made.
    package let at: Instant?

    package init(height: Int64?, at: Instant?) {
        self.height = height
        self.at = at
    }
}

extension ChainHead: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        height = try json.decodeIfPresent("height")
        at = try json.decodeIfPresent("at")
    }

    package func write(to json: inout JSONWriter) {
        json.member("at", at)
        json.member("height", height)
    }
}

/// Which leases to read.
package struct LeaseQuery: Sendable, Equatable {
    /// The owner of the leases; `nil` for all owners.
    package var owner: String?
    /// The ``LeasePage/next`` of the previous page; `nil` for the first page.
    package var cursor: String?
    /// Closed leases are needed only if they were closed at this height or later; `nil` for all.
    package var closedFrom: Int64?
    /// Leases that were closed at one of these heights are needed too, however old they are.
    package var closedAt: [Int64]
    /// A height that the source had reached before this request.
    package var asOf: Int64?

    package init(
        owner: String? = nil,
        cursor: String? = nil,
        closedFrom: Int64? = nil,
        closedAt: [Int64] = [],
        asOf: Int64? = nil
    ) {
        self.owner = owner
        self.cursor = cursor
        self.closedFrom = closedFrom
        self.closedAt = closedAt
        self.asOf = asOf
    }
}

/// Some leases, and the cursor of the next page.
package struct LeasePage: Sendable, Equatable {
    package let leases: [LeaseRecord]
    /// The page's leases that cannot be read; one of them does not keep the ledger from the others.
    package let setAside: [SetAsideLease]
    /// In the source's own format; `nil` on the last page.
    package let next: String?

    package init(leases: [LeaseRecord], setAside: [SetAsideLease] = [], next: String?) {
        self.leases = leases
        self.setAside = setAside
        self.next = next
    }
}

/// Why a source could not be read; safe to log and to show, because it contains no password and no SQL.
package enum UsageSourceError: Error, Equatable, CustomStringConvertible {
    /// Temporary: a later attempt may succeed.
    case unavailable(String)
    /// Permanent until an operator fixes the cause.
    case refused(String)
    /// The source returned an impossible value; the text names the record and the fault.
    case unreadable(String)

    package var description: String {
        switch self {
        case .unavailable(let reason), .refused(let reason), .unreadable(let reason): reason
        }
    }
}
