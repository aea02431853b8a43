/// Objects of one kind and account in the order in which Stripe lists them: the newest first, by `created` and then by
/// id.
struct Shelf: Sendable {
    struct Entry: Sendable {
        let id: String
        let created: Int64
        var object: JSON
        /// The text it came in, where that is given back as it is.
        var text: [UInt8]?
        /// When it looked like this.
        var asOf: Int64
        /// Nil if unknown: the object is then visible in both modes.
        var livemode: Bool?
        /// For an event: whether every endpoint accepted it.
        var isDelivered = false
        var isDeleted = false

        init(id: String, object: JSON, text: [UInt8]? = nil, asOf: Int64, livemode: Bool?) {
            self.id = id
            created = object["created"]?.integer ?? 0
            self.object = object
            self.text = text
            self.asOf = asOf
            self.livemode = livemode
        }
    }

    private struct Place: Comparable {
        let created: Int64
        let id: String

        init(_ entry: Entry) {
            created = entry.created
            id = entry.id
        }

        static func < (one: Place, other: Place) -> Bool {
            one.created != other.created ? one.created > other.created : one.id > other.id
        }
    }

    private var entries: [String: Entry] = [:]
    private var order: [Place] = []

    var count: Int { order.count }
    var first: Entry? { order.first.flatMap { entries[$0.id] } }

    subscript(id: String) -> Entry? { entries[id] }

    mutating func put(_ entry: Entry) {
        if let known = entries.updateValue(entry, forKey: entry.id) {
            guard known.created != entry.created else { return }
            order.remove(at: index(of: Place(known)))
        }
        let place = Place(entry)
        order.insert(place, at: index(of: place))
    }

    mutating func remove(_ id: String) {
        guard let known = entries.removeValue(forKey: id) else { return }
        order.remove(at: index(of: Place(known)))
    }

    /// The matching objects next to the cursor on its side: the page before it ends right there.
    func page(
        cursor: ListQuery.Cursor?,
        limit: Int,
        where matches: (Entry) -> Bool
    ) -> (entries: [Entry], hasMore: Bool) {
        var found: [Entry] = []
        func collect(_ places: some Sequence<Place>) {
            for place in places {
                guard let entry = entries[place.id], matches(entry) else { continue }
                found.append(entry)
                // One more than fits shows that there are more.
                if found.count > limit { return }
            }
        }
        switch cursor {
        case nil: collect(order)
        case .startingAfter(let id):
            guard let entry = entries[id] else { return ([], false) }
            collect(order[(index(of: Place(entry)) + 1)...])
        case .endingBefore(let id):
            guard let entry = entries[id] else { return ([], false) }
            collect(order[..<index(of: Place(entry))].reversed())
            return (found.prefix(limit).reversed(), found.count > limit)
        }
        return (Array(found.prefix(limit)), found.count > limit)
    }

    /// Where a place is, or belongs.
    private func index(of place: Place) -> Int {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if order[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
