package import JSON

/// A JSON value whose objects keep the order of their members, so that bodies can be compared with Stripe's.
package indirect enum OrderedJSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number with three decimals, such as milliseconds counted in microseconds.
    case thousandths(Int64)
    case string(String)
    case array([OrderedJSON])
    case object([Member])

    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: OrderedJSON

        package init(_ name: String, _ value: OrderedJSON) {
            self.name = name
            self.value = value
        }
    }

    /// A string, or null for `nil`.
    package static func text(_ text: String?) -> OrderedJSON { text.map(OrderedJSON.string) ?? .null }

    /// An integer, or null for `nil`.
    package static func number(_ number: Int64?) -> OrderedJSON { number.map(OrderedJSON.integer) ?? .null }

    /// The object with more members at its end; an existing member gets the new value in its old position.
    package func adding(_ more: OrderedJSON) -> OrderedJSON {
        guard case .object(var members) = self, case .object(let others) = more else { return self }
        for member in others {
            if let index = members.firstIndex(where: { $0.name == member.name }) {
                members[index] = member
            } else {
                members.append(member)
            }
        }
        return .object(members)
    }

    /// The object without the members of these names.
    func removing(_ names: Set<String>) -> OrderedJSON {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { !names.contains($0.name) })
    }

    package subscript(name: String) -> OrderedJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}

extension OrderedJSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: OrderedJSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, OrderedJSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

// MARK: Printing

extension OrderedJSON: JSONEncodable {
    /// The format of Stripe's webhook bodies: two spaces per level, no line break at the end.
    package var pretty: String { JSONWriter.text(inOrder: self, isIndented: true) }

    /// The value on one line, without spaces.
    package var compact: String { JSONWriter.text(inOrder: self, isIndented: false) }

    package func encode(to json: inout JSONWriter) {
        switch self {
        case .null: json.writeNull()
        case .bool(let value): json.write(value)
        case .integer(let value): json.write(value)
        case .thousandths(let value):
            let digits = String(value.magnitude % 1000)
            let number = (value < 0 ? "-" : "") + String(value.magnitude / 1000) + "."
            JSONText(number + String(repeating: "0", count: 3 - digits.count) + digits).encode(to: &json)
        case .string(let value): json.write(value)
        case .array(let elements): elements.encode(to: &json)
        case .object(let members):
            json.writeObject { json in
                for member in members { json.member(named: member.name, member.value) }
            }
        }
    }
}
