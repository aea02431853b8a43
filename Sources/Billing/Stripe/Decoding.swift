/// How we read Stripe's JSON: what money and identity hang on is strict, what only adorns a row is not.
extension KeyedDecodingContainer {
    /// A value that may be absent, null or of a shape we do not know; none of the three matters to the row.
    func lenient<Value: Decodable>(_ key: Key, as type: Value.Type = Value.self) -> Value? {
        (try? decodeIfPresent(type, forKey: key)) ?? nil
    }

    /// An amount of money that may be absent but, if present, must be a whole number of minor units.
    func amount(_ key: Key) throws -> Int64? {
        guard let amount = try decodeIfPresent(Int64.self, forKey: key) else { return nil }
        guard amount >= 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: key,
                in: self,
                debugDescription: "an amount is never negative"
            )
        }
        return amount
    }

    /// An amount of money without which the object means nothing.
    func requiredAmount(_ key: Key) throws -> Int64 {
        guard let amount = try amount(key) else {
            throw DecodingError.keyNotFound(
                key,
                .init(codingPath: codingPath + [key], debugDescription: "an amount is required")
            )
        }
        return amount
    }

    /// The object's own id.
    func identity(_ key: Key) throws -> String {
        let id = try decode(String.self, forKey: key)
        guard StripeID.isValid(id) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "not an id")
        }
        return id
    }

    /// A reference that may be absent, null, an id or the expanded object.
    func reference<Object>(_ key: Key, to type: Object.Type = Object.self) throws -> Expandable<Object>? {
        try decodeIfPresent(Expandable<Object>.self, forKey: key)
    }

    /// Text for people.
    ///
    /// Neither database nor terminal is given a NUL.
    func text(_ key: Key) -> String? {
        guard let text: String = lenient(key) else { return nil }
        return text.contains("\0") ? text.replacing("\0", with: "\u{FFFD}") : text
    }
}
