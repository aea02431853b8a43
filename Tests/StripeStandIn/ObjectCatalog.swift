/// The objects known, each kind of each account by itself, as Stripe lists them.
struct ObjectCatalog: Sendable {
    private struct ShelfKey: Hashable {
        let kind: String
        let account: String?
    }

    private var shelves: [ShelfKey: Shelf] = [:]

    var count: Int { shelves.values.reduce(0) { $0 + $1.count } }

    func entry(_ kind: String, id: String, account: String?) -> Shelf.Entry? {
        shelves[ShelfKey(kind: kind, account: account)]?[id]
    }

    /// The one object of a kind that has only one, such as the account itself.
    func only(_ kind: String, account: String?) -> Shelf.Entry? {
        shelves[ShelfKey(kind: kind, account: account)]?.first
    }

    func page(
        _ kind: String,
        account: String?,
        cursor: ListQuery.Cursor?,
        limit: Int,
        where matches: (Shelf.Entry) -> Bool
    ) -> (entries: [Shelf.Entry], hasMore: Bool) {
        shelves[ShelfKey(kind: kind, account: account)]?.page(cursor: cursor, limit: limit, where: matches)
            ?? ([], false)
    }

    /// Stores an object, and the objects expanded inside it, unless a later state of its id is stored.
    ///
    /// - Parameters:
    ///   - object: One of Stripe's objects; any other value is ignored.
    ///   - account: The connected account it belongs to.
    ///   - asOf: When it looked like this.
    ///   - livemode: The mode of objects that do not say theirs, such as refunds.
    ///   - isAside: Whether it was expanded inside another object: a state of the same moment replaces it.
    mutating func put(
        _ object: JSON,
        account: String?,
        asOf: Int64,
        livemode: Bool? = nil,
        isAside: Bool = false
    ) {
        var flat = object
        let livemode = object["livemode"]?.bool ?? livemode
        for reference in Resource.references {
            guard let inner = object[reference], let id = inner["id"] else { continue }
            put(inner, account: account, asOf: asOf, livemode: livemode, isAside: true)
            flat[reference] = id
        }
        for list in Resource.inlineLists[object["object"]?.string ?? ""] ?? [] {
            for inner in object[list]?["data"]?.array ?? [] {
                put(inner, account: account, asOf: asOf, livemode: livemode, isAside: true)
            }
            flat[list] = nil
        }
        guard let id = flat["id"]?.string, let kind = flat["object"]?.string else { return }
        let known = entry(kind, id: id, account: account)
        if let known, known.asOf > asOf || (isAside && known.asOf == asOf && asOf != .max) { return }
        put(
            Shelf.Entry(id: id, object: flat, asOf: asOf, livemode: livemode),
            kind: kind,
            account: account
        )
    }

    /// Stores an event unchanged, and the objects in it.
    mutating func put(_ event: StandInEvent) {
        put(event.entry, kind: "event", account: event.account)
        guard let object = event.object else { return }
        put(object, account: event.account, asOf: event.created, livemode: event.livemode)
        guard event.isDeletion, let id = object["id"]?.string, let kind = object["object"]?.string,
            var entry = entry(kind, id: id, account: event.account), entry.asOf == event.created
        else { return }
        entry.isDeleted = true
        entry.object = ["id": .string(id), "object": .string(kind), "deleted": true]
        put(entry, kind: kind, account: event.account)
    }

    /// Takes an object out, as if there had never been one.
    mutating func remove(_ kind: String, id: String, account: String?) {
        shelves[ShelfKey(kind: kind, account: account)]?.remove(id)
    }

    /// Puts an entry in whatever there was.
    mutating func put(_ entry: Shelf.Entry, kind: String, account: String?) {
        shelves[ShelfKey(kind: kind, account: account), default: Shelf()].put(entry)
    }
}
