import Billing

extension QueryReader {
    /// Reads a moment in the RFC 3339 format of UTC: `2025-06-15T00:00:00Z`, with or without fractions of a
    /// second.
    mutating func timestamp(_ name: String) throws(APIError) -> Instant? {
        guard let text = text(name) else { return nil }
        guard let instant = Instant(rfc3339: text) else {
            throw .invalid(name, "Give a time such as 2025-06-15T00:00:00Z.")
        }
        return instant
    }
}
