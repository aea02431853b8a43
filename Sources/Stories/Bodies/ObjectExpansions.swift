/// The objects that stand whole where a body would otherwise only name them.
struct ObjectExpansions: Sendable {
    static let none = ObjectExpansions()

    var objects: [String: OrderedJSON] = [:]

    func reference(_ id: String?) -> OrderedJSON {
        guard let id else { return .null }
        return objects[id] ?? .string(id)
    }
}
