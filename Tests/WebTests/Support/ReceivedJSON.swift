import Foundation

/// A JSON document, to be compared with literals; an absent member reads as `nil`, null as `.null`.
indirect enum ReceivedJSON: Decodable, Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([ReceivedJSON])
    case object([String: ReceivedJSON])

    init(_ bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(ReceivedJSON.self, from: Data(bytes))
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([ReceivedJSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: ReceivedJSON].self))
        }
    }

    subscript(name: String) -> ReceivedJSON? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    subscript(index: Int) -> ReceivedJSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    var array: [ReceivedJSON] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// The names of an object's members.
    var names: Set<String> {
        guard case .object(let members) = self else { return [] }
        return Set(members.keys)
    }
}

extension ReceivedJSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: ReceivedJSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, ReceivedJSON)...) {
        self = .object(Dictionary(elements) { $1 })
    }
}
