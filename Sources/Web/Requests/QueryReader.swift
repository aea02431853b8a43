import Billing
import Hummingbird

/// Reads the parameters of a query by name; a parameter that the route does not read is an error.
///
/// If a misspelt filter were ignored, a customer would see the wrong rows.
struct QueryReader {
    private var values: [String: String] = [:]
    private var known: Set<String> = []

    /// - Throws: ``APIError`` for a query that cannot be decoded, or that repeats a parameter.
    init(_ request: Request) throws(APIError) { try self.init(request.uri.query ?? "") }

    init(values: [String: String]) { self.values = values }

    /// Reads form-encoded parameters, from a URL or from a body.
    init(_ query: String) throws(APIError) {
        guard !query.isEmpty else { return }
        guard query.utf8.count <= 8192 else { throw .invalid("query", "The query is too long.") }
        // Splits by bytes: in a text, an `=` with a combining accent would be another character.
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let value = Self.decoded(pair[equals...].dropFirst())
            guard let name = Self.decoded(pair[..<equals]), let value else {
                throw .invalid("query", "The query is not valid percent-encoded UTF-8 without NUL.")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .invalid(name, "This parameter was given twice.")
            }
        }
    }

    /// The value of a parameter; `nil` for an empty value, which an empty form field sends.
    mutating func text(_ name: String) -> String? {
        known.insert(name)
        return values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The value of a parameter, which may be empty.
    mutating func given(_ name: String) -> String? {
        known.insert(name)
        return values[name]
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let text = text(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .invalid(name, "Give a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    mutating func flag(_ name: String) throws(APIError) -> Bool? {
        guard let text = text(name) else { return nil }
        guard let flag = Bool(text) else { throw .invalid(name, "Give true or false.") }
        return flag
    }

    mutating func instant(_ name: String) throws(APIError) -> Instant? {
        guard let text = text(name) else { return nil }
        guard let seconds = Int64(text), 0...253_402_300_799 ~= seconds else {
            throw .invalid(name, "Give a time as whole seconds since 1970, such as 1750000000.")
        }
        return Instant(unixSeconds: seconds)
    }

    mutating func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String,
        of type: Value.Type = Value.self
    ) throws(APIError) -> Value? where Value.RawValue == String {
        guard let text = text(name) else { return nil }
        guard let value = Value(rawValue: text) else {
            let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid(name, "Give one of: \(names).")
        }
        return value
    }

    /// - Throws: ``APIError`` that names a parameter that the route did not read.
    func finish() throws(APIError) {
        guard let unknown = values.keys.filter({ !known.contains($0) }).min() else { return }
        let names = known.sorted().joined(separator: ", ")
        let has = names.isEmpty ? "It has none." : "It has: \(names)."
        throw APIError(
            .badRequest,
            "parameter_unknown",
            "This route has no such parameter. \(has)",
            parameter: String(unknown.prefix(64))
        )
    }

    private static func decoded(_ text: Substring.UTF8View) -> String? {
        let spaced = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        return PercentEncoding.decoded(String(decoding: spaced, as: UTF8.self))
    }
}
