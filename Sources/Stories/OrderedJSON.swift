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
    package func removing(_ names: Set<String>) -> OrderedJSON {
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

extension OrderedJSON {
    /// The format of Stripe's webhook bodies: two spaces per level, no line break at the end.
    package var pretty: String {
        var text = ""
        print(into: &text, indent: 0)
        return text
    }

    /// The value on one line, without spaces.
    package var compact: String {
        var text = ""
        print(into: &text, indent: nil)
        return text
    }

    private func print(into text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .thousandths(let value):
            let digits = String(value.magnitude % 1000)
            text += (value < 0 ? "-" : "") + String(value.magnitude / 1000) + "."
            text += String(repeating: "0", count: 3 - digits.count) + digits
        case .string(let value): Self.print(value, into: &text)
        case .array(let elements):
            Self.print(elements, between: "[", "]", into: &text, indent: indent) { element, text, indent in
                element.print(into: &text, indent: indent)
            }
        case .object(let members):
            Self.print(members, between: "{", "}", into: &text, indent: indent) { member, text, indent in
                Self.print(member.name, into: &text)
                text += indent == nil ? ":" : ": "
                member.value.print(into: &text, indent: indent)
            }
        }
    }

    private static func print<Element>(
        _ elements: [Element],
        between opening: String,
        _ closing: String,
        into text: inout String,
        indent: Int?,
        element print: (Element, inout String, Int?) -> Void
    ) {
        text += opening
        let inner = indent.map { $0 + 2 }
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            print(element, &text, inner)
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
        text += closing
    }

    private static func print(_ string: String, into text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
