/// The objects to be expanded in a body; others are written as ids.
struct ObjectExpansions: Sendable {
    static let none = ObjectExpansions()

    var objects: [String: OrderedJSON] = [:]

    func reference(_ id: String?) -> OrderedJSON {
        guard let id else { return .null }
        return objects[id] ?? .string(id)
    }
}
