import FoundationEssentials
import Storage

/// Where a walk through one owner's leases stands, and how the node is to be asked for what comes next.
///
/// A node pages by key. Some proxies before nodes do not hand the key on, and give the first page again; they are
/// asked by offset, each time from the last lease that is known, so that a list that shifts meanwhile is noticed.
struct NodePlace: Codable, Equatable {
    enum Way: String, Codable { case key, offset }

    var way = Way.key
    var key: String?
    /// How many leases came before.
    var received = 0
    var pages = 0
    /// How often the list shifted under us.
    var restarts = 0
    /// What the first page and the last one were, by the names on them.
    var firstPage: UInt64?
    var lastPage: UInt64?
    /// The name of the last lease that is known.
    var last: String?
    /// Whether the next page by offset is to begin with ``last``; not where pages hold one lease.
    var overlaps = true

    static let maximumPages = 2000
    static let maximumRestarts = 3

    /// The query that asks for what comes next.
    func query(limit: Int) -> [(name: String, value: String)] {
        let limit = ("pagination.limit", String(limit))
        switch way {
        case .key: return [limit] + (key.map { [("pagination.key", $0)] } ?? [])
        case .offset:
            let offset = overlaps ? max(0, received - 1) : received
            return [limit, ("pagination.offset", String(offset))]
        }
    }

    /// What a page means.
    enum Step: Equatable {
        /// These of its leases are new, and there is more.
        case goOn(dropping: Int, NodePlace)
        /// These are new, and were all.
        case end(dropping: Int)
        /// Nothing of it counts.
        case again(NodePlace)
    }

    /// Decides what to make of a page.
    ///
    /// - Parameters:
    ///   - names: Of its leases, in their order.
    ///   - nextKey: What the node gave to go on with.
    /// - Returns: How it goes on.
    /// - Throws: ``UsageSourceError`` when it cannot, rather than walk in a circle.
    func step(_ names: [String], nextKey: String?) throws(UsageSourceError) -> Step {
        var next = self
        next.pages += 1
        guard next.pages <= Self.maximumPages else {
            throw .refused("The node gives more than \(Self.maximumPages) pages of one owner's leases.")
        }
        switch way {
        case .key:
            if pages > 0, isSeen(names) {
                // It did not heed the key. What it gave before stays known.
                next.way = .offset
                next.key = nil
                return .again(next)
            }
            return next.taking(names, dropping: 0, nextKey: nextKey)
        case .offset:
            guard let last else { return next.taking(names, dropping: 0, nextKey: nextKey) }
            if overlaps {
                guard names.first == last else { return try next.startingOver(names) }
                guard names.count == 1, nextKey?.isEmpty == false else {
                    return next.taking(names, dropping: 1, nextKey: nextKey)
                }
                // Such a page can hold no more, or there is no more: only the next one tells.
                next.overlaps = false
                return .again(next)
            }
            guard names.first != last else { return try next.startingOver(names) }
            return next.taking(names, dropping: 0, nextKey: nextKey)
        }
    }

    private func isSeen(_ names: [String]) -> Bool {
        let page = Self.digest(names)
        return !names.isEmpty && (page == firstPage || page == lastPage)
    }

    private func taking(_ names: [String], dropping: Int, nextKey: String?) -> Step {
        let new = names.dropFirst(dropping)
        guard !new.isEmpty, let nextKey, !nextKey.isEmpty else { return .end(dropping: dropping) }
        var next = self
        next.received += new.count
        next.key = way == .key ? nextKey : nil
        next.firstPage = firstPage ?? Self.digest(names)
        next.lastPage = Self.digest(names)
        next.last = names.last
        return .goOn(dropping: dropping, next)
    }

    private func startingOver(_ names: [String]) throws(UsageSourceError) -> Step {
        if received > 1, isSeen(names) {
            throw .refused(
                "The node heeds neither pagination.key nor pagination.offset, so that only its first page can be had. "
                    + "Set AKASH_NODE_URL to another one."
            )
        }
        guard restarts < Self.maximumRestarts else {
            throw .unavailable("The node's list of leases shifts while it is read.")
        }
        var next = NodePlace()
        next.way = .offset
        next.pages = pages
        next.restarts = restarts + 1
        return .again(next)
    }

    /// FNV-1a of the names: what is compared is kept between two processes, and is to be short.
    private static func digest(_ names: [String]) -> UInt64 {
        names.joined(separator: "\n").utf8.reduce(0xCBF2_9CE4_8422_2325) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
    }
}

extension NodePlace {
    var text: String {
        // Texts and numbers, which cannot fail to encode.
        (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    init?(_ text: String) {
        guard let place = try? JSONDecoder().decode(NodePlace.self, from: Data(text.utf8)) else { return nil }
        self = place
    }
}
