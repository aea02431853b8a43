import Billing
import FoundationEssentials

extension QueryReader {
    /// A moment as RFC 3339 writes it in UTC: `2025-06-15T00:00:00Z`, with or without fractions of a second.
    mutating func timestamp(_ name: String) throws(APIError) -> Instant? {
        guard let text = text(name) else { return nil }
        guard text.hasSuffix("Z"), text.utf8.count <= 40, let instant = Timestamp.instant(text) else {
            throw .invalid(name, "Give a time such as 2025-06-15T00:00:00Z.")
        }
        return instant
    }
}

enum Timestamp {
    static func instant(_ text: String) -> Instant? {
        for hasFraction in [false, true] {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)
            if let date = try? style.parse(text) {
                return Instant(unixSeconds: Int64(date.timeIntervalSince1970.rounded(.down)))
            }
        }
        return nil
    }
}
