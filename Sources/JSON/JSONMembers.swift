/// The members of an object, gathered in any order and written sorted by name.
package struct JSONMembers: JSONObject {
    private var values: [String: JSONText] = [:]

    package init() {}

    /// Adds a member, unless its value is `nil`.
    package mutating func add(_ name: String, _ value: (some JSONEncodable)?) {
        if let value { values[name] = JSONText(JSONWriter.bytes(of: value)) }
    }

    package func write(to json: inout JSONWriter) {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) { json.member(named: name, value) }
    }
}
