/// A value that can be read from JSON.
package protocol JSONDecodable {
    init(_ json: JSONValue) throws(JSONFieldError)
}

extension JSONDecodable {
    /// Reads a text.
    ///
    /// - Throws: ``JSONSyntaxError`` or ``JSONFieldError``.
    package init(json bytes: [UInt8]) throws {
        self = try JSONValue.read(bytes) { try Self($0) }
    }
}

extension JSONValue {
    /// A required member.
    package func decode<Value: JSONDecodable>(_ key: StaticString) throws(JSONFieldError) -> Value {
        try Value(required(key))
    }

    /// A member that may be absent or null.
    package func decodeIfPresent<Value: JSONDecodable>(
        _ key: StaticString
    ) throws(JSONFieldError) -> Value? {
        guard let value = self[key] else { return nil }
        return try Value(value)
    }

    // MARK: Required members

    package func required(_ key: StaticString) throws(JSONFieldError) -> JSONValue {
        guard let value = member(key) else { throw .missing(key, in: self) }
        guard !value.isNull else { throw .wrong(value, "is null") }
        return value
    }

    package func requiredString(_ key: StaticString) throws(JSONFieldError) -> String { try decode(key) }

    package func requiredBool(_ key: StaticString) throws(JSONFieldError) -> Bool { try decode(key) }

    /// Refuses unknown members, such as a misspelt name or a member of another route, and members that are
    /// given twice, all of which would otherwise be ignored.
    ///
    /// - Throws: ``JSONFieldError`` with the first member that is not one of `names`, and the one of `names`
    ///   that is spelt nearly the same; or with the first that is given twice.
    package func refuseMembers(otherThan names: Set<String>) throws(JSONFieldError) {
        var seen: Set<String> = []
        for (name, _) in members ?? [] {
            let shown = "\"\(name.prefix(64))\""
            guard names.contains(name) else {
                let known = names.sorted()
                let nearest = Spelling.nearest(to: String(name.prefix(64)), among: known, within: 2)
                let hint = nearest.map { " (did you mean \($0)?)" } ?? ""
                throw .wrong(
                    self,
                    "has \(shown)\(hint), and can have \(known.joined(separator: ", ")) only"
                )
            }
            guard seen.insert(name).inserted else { throw .wrong(self, "has \(shown) twice") }
        }
    }

    // MARK: Lenient members: `nil` if absent, null or of another type

    package func string(_ key: StaticString) -> String? { self[key]?.string }

    package func bool(_ key: StaticString) -> Bool? { self[key]?.bool }

    package func integer(_ key: StaticString) -> Int64? { self[key]?.integer }
}

extension String: JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        guard let string = json.string else { throw .wrong(json, "is not a String") }
        self = string
    }
}

extension Bool: JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        guard let bool = json.bool else { throw .wrong(json, "is not a Bool") }
        self = bool
    }
}

extension Int64: JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        guard let integer = json.integer else { throw .wrong(json, "is not a whole number") }
        self = integer
    }
}

extension Int: JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) { self.init(try Int64(json)) }
}

extension Double: JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        guard json.string == nil, let number = json.decimalText.flatMap({ Double($0) }) else {
            throw .wrong(json, "is not a number")
        }
        self = number
    }
}

extension Array: JSONDecodable where Element: JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        guard let elements = json.elements else { throw .wrong(json, "is not a list") }
        self = []
        reserveCapacity(elements.count)
        for element in elements { append(try Element(element)) }
    }
}

extension Dictionary: JSONDecodable where Key == String, Value: JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        guard let members = json.members else { throw .wrong(json, "is not an object") }
        self = [:]
        for (name, value) in members { self[name] = try Value(value) }
    }
}

extension JSONDecodable where Self: RawRepresentable, RawValue == String {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        guard let value = json.string.flatMap(Self.init(rawValue:)) else {
            throw .wrong(json, "is not a known value")
        }
        self = value
    }
}
