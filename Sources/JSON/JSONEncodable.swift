/// A value that can be written as JSON.
package protocol JSONEncodable {
    /// Writes the value.
    func encode(to json: inout JSONWriter)
}

/// A value that is an object in JSON.
package protocol JSONObject: JSONEncodable {
    /// Writes the members, sorted by name.
    ///
    /// A missing value is absent with ``JSONWriter/member(_:_:)`` and null with
    /// ``JSONWriter/nullable(_:_:)``.
    func write(to json: inout JSONWriter)
}

extension JSONObject {
    package func encode(to json: inout JSONWriter) { json.writeObject { write(to: &$0) } }
}

extension JSONEncodable where Self: RawRepresentable, RawValue == String {
    package func encode(to json: inout JSONWriter) { json.write(rawValue) }
}

extension String: JSONEncodable {
    package func encode(to json: inout JSONWriter) { json.write(self) }
}

extension Bool: JSONEncodable {
    package func encode(to json: inout JSONWriter) { json.write(self) }
}

extension Int64: JSONEncodable {
    package func encode(to json: inout JSONWriter) { json.write(self) }
}

extension Int: JSONEncodable {
    package func encode(to json: inout JSONWriter) { json.write(Int64(self)) }
}

extension Double: JSONEncodable {
    package func encode(to json: inout JSONWriter) { json.write(self) }
}

extension Optional: JSONEncodable where Wrapped: JSONEncodable {
    package func encode(to json: inout JSONWriter) {
        if let self { self.encode(to: &json) } else { json.writeNull() }
    }
}

extension Array: JSONEncodable where Element: JSONEncodable {
    package func encode(to json: inout JSONWriter) {
        json.writeArray(self) { json, element in element.encode(to: &json) }
    }
}

extension Dictionary: JSONEncodable where Key == String, Value: JSONEncodable {
    package func encode(to json: inout JSONWriter) {
        json.writeObject { json in
            for (name, value) in sorted(by: { $0.key < $1.key }) { json.member(named: name, value) }
        }
    }
}
