package import Billing

/// Somebody who knows a chain's leases, and perhaps its days: an indexer or a node.
///
/// It is read and never written. Every answer is bounded, and what it holds is checked before anybody gets it.
package protocol UsageSource: Sendable {
    /// What records from there say of their source.
    var kind: UsageSourceKind { get }
    var chainID: String { get }

    /// How far it has come, now.
    func head() async throws(UsageSourceError) -> ChainHead

    /// Leases, as they are at ``LeaseQuestion/asOf`` or later.
    ///
    /// Once all pages were read, nothing that the question is about is missing, though some may have come twice.
    func leases(_ question: LeaseQuestion) async throws(UsageSourceError) -> LeasePage

    /// Days that began at a height or before, by rising date and without a gap; final only as far as that height.
    ///
    /// - Parameters:
    ///   - date: The first day; `nil` for the first there is.
    ///   - height: What is behind it counts as not indexed.
    /// - Returns: A few hundred at most: behind the last of them there may be more. None where it knows no days.
    /// - Throws: ``UsageSourceError``.
    func days(
        from date: CivilDate?,
        through height: Int64
    ) async throws(UsageSourceError) -> [CalendarDay]
}

package enum UsageSourceKind: String, Codable, Sendable {
    /// Tells all owners' leases and the days.
    case indexer
    /// Tells the leases of one owner at a time, and no days.
    case node
}

/// How far a source has come.
package struct ChainHead: Codable, Sendable, Equatable {
    /// The last height that it knows; `nil` where it does not say.
    package let height: Int64?
    /// When that block was made.
    package let at: Instant?

    package init(height: Int64?, at: Instant?) {
        self.height = height
        self.at = at
    }
}

/// Which leases are asked for.
package struct LeaseQuestion: Sendable, Equatable {
    /// Whose; `nil` for everybody's.
    package var owner: String?
    /// The ``LeasePage/next`` of the page before; `nil` for the first.
    package var cursor: String?
    /// Of those that were closed, only the ones at this height or behind it need to be told; `nil` for all.
    package var closedFrom: Int64?
    /// A height that the source had reached before it was asked.
    package var asOf: Int64?

    package init(owner: String? = nil, cursor: String? = nil, closedFrom: Int64? = nil, asOf: Int64? = nil) {
        self.owner = owner
        self.cursor = cursor
        self.closedFrom = closedFrom
        self.asOf = asOf
    }
}

/// Some leases, and where to go on.
package struct LeasePage: Sendable, Equatable {
    package let leases: [LeaseRecord]
    /// The source's own; `nil` when there is no more.
    package let next: String?

    package init(leases: [LeaseRecord], next: String?) {
        self.leases = leases
        self.next = next
    }
}

/// Why a source did not tell; safe to log and to show: no password, no SQL.
package enum UsageSourceError: Error, Equatable, CustomStringConvertible {
    /// It may do so a moment later.
    case unavailable(String)
    /// Somebody has to mend something first.
    case refused(String)
    /// It told something that cannot be; says what about which record.
    case unreadable(String)

    package var description: String {
        switch self {
        case .unavailable(let reason), .refused(let reason), .unreadable(let reason): reason
        }
    }
}
