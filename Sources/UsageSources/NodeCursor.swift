import JSON
import Storage

/// The cursor in one owner's leases on a node, and the way to request the next page.
///
/// A node pages by key. Some proxies before nodes drop the key and return the first page again. These are
/// read by offset, each page beginning with the last known lease, so that a shifted list is noticed.
struct NodeCursor: Equatable {
    enum Way: String, JSONEncodable, JSONDecodable { case key, offset }

    var way = Way.key
    var key: String?
    /// The number of leases received so far.
    var received = 0
    var pages = 0
    /// How often the list shifted while it was read.
    var restarts = 0
    /// Hashes of the lease names on the first and on the latest page.
    var firstPage: Int64?
    var lastPage: Int64?
    /// The name of the last lease received.
    var last: String?
    /// Whether the next page by offset begins with ``last``; `false` if pages hold one lease.
    var overlaps = true

    static let maximumPages = 2000
    static let maximumRestarts = 3

    /// The query for the next page.
    func query(limit: Int) -> [(name: String, value: String)] {
        let limit = ("pagination.limit", String(limit))
        switch way {
        case .key: return [limit] + (key.map { [("pagination.key", $0)] } ?? [])
        case .offset:
            let offset = overlaps ? max(0, received - 1) : received
            return [limit, ("pagination.offset", String(offset))]
        }
    }

    /// The meaning of a page.
    enum Step: Equatable {
        /// The leases after the first `dropping` are new, and more follow.
        case goOn(dropping: Int, NodeCursor)
        /// The leases after the first `dropping` are new, and the list ends.
        case end(dropping: Int)
        /// The page is ignored; request again.
        case again(NodeCursor)
    }

    /// Interprets a page.
    ///
    /// - Parameters:
    ///   - names: The names of the page's leases, in order.
    ///   - nextKey: The node's `next_key`.
    /// - Returns: The next step.
    /// - Throws: ``UsageSourceError`` if paging cannot advance.
    func step(_ names: [String], nextKey: String?) throws(UsageSourceError) -> Step {
        var next = self
        next.pages += 1
        guard next.pages <= Self.maximumPages else {
            throw .refused("The node gives more than \(Self.maximumPages) pages of one owner's leases.")
        }
        switch way {
        case .key:
            if pages > 0, isSeen(names) {
                // The node ignored the key: continue by offset with the leases received so far.
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
                // Either pages hold only one lease, or the list ends here: the next page shows which.
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
        var next = NodeCursor()
        next.way = .offset
        next.pages = pages
        next.restarts = restarts + 1
        return .again(next)
    }

    /// FNV-1a hash of the names: short, and stable between processes, because it is stored.
    private static func digest(_ names: [String]) -> Int64 {
        let hash = names.joined(separator: "\n").utf8.reduce(0xCBF2_9CE4_8422_2325) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        return Int64(bitPattern: hash)
    }
}

extension NodeCursor {
    var text: String { JSONWriter.text(of: self) }

    init?(_ text: String) {
        guard let place = try? NodeCursor(json: Array(text.utf8)) else { return nil }
        self = place
    }
}

extension NodeCursor: JSONObject, JSONDecodable {
    init(_ json: JSONValue) throws(JSONFieldError) {
        way = try json.decode("way")
        key = try json.decodeIfPresent("key")
        received = try json.decode("received")
        pages = try json.decode("pages")
        restarts = try json.decode("restarts")
        firstPage = try json.decodeIfPresent("firstPage")
        lastPage = try json.decodeIfPresent("lastPage")
        last = try json.decodeIfPresent("last")
        overlaps = try json.decode("overlaps")
    }

    func write(to json: inout JSONWriter) {
        json.member("firstPage", firstPage)
        json.member("key", key)
        json.member("last", last)
        json.member("lastPage", lastPage)
        json.member("overlaps", overlaps)
        json.member("pages", pages)
        json.member("received", received)
        json.member("restarts", restarts)
        json.member("way", way)
    }
}
