/// The conditions of a query that is built for each call.
package struct Conditions {
    private var texts: [String] = []
    package private(set) var values: [SQLValue] = []

    package init() {}

    /// Adds a condition, with a `?` for each value.
    package mutating func add(_ condition: String, _ values: SQLValue...) { add(condition, values) }

    package mutating func add(_ condition: String, _ values: [SQLValue]) {
        var text = ""
        var number = self.values.count
        for character in condition {
            guard character == "?" else {
                text.append(character)
                continue
            }
            number += 1
            text += "$\(number)"
        }
        texts.append(text)
        self.values += values
    }

    /// The WHERE clause; empty without conditions.
    package var clause: String { texts.isEmpty ? "" : "WHERE " + texts.joined(separator: " AND ") }

    /// The parameter of the next value, which is appended.
    package mutating func parameter(_ value: SQLValue) -> String {
        values.append(value)
        return "$\(values.count)"
    }
}
