/// The objects known, by account and id.
struct ObjectCatalog: Sendable {
    private struct Key: Hashable {
        let account: String?
        let id: String
    }

    private struct Entry {
        var object: JSON
        var asOf: Int64
    }

    private var entries: [Key: Entry] = [:]

    var count: Int { entries.count }

    func object(_ kind: String, id: String, account: String?) -> JSON? {
        let object = entries[Key(account: account, id: id)]?.object
        return object?["object"]?.string == kind ? object : nil
    }

    /// Takes an object in unless a later one of its id is there already, and what is expanded inside it as well.
    mutating func put(_ object: JSON, account: String?, asOf: Int64) {
        var flat = object
        for reference in Resource.references {
            guard let inner = object[reference], let id = inner["id"] else { continue }
            // Before the outer one, which is what the event is about and may speak of itself inside.
            put(inner, account: account, asOf: asOf)
            flat[reference] = id
        }
        for inner in object["charges"]?["data"]?.array ?? [] { put(inner, account: account, asOf: asOf) }

        guard let id = flat["id"]?.string, flat["object"]?.string != nil else { return }
        let key = Key(account: account, id: id)
        if let known = entries[key], known.asOf > asOf { return }
        entries[key] = Entry(object: flat, asOf: asOf)
    }
}
