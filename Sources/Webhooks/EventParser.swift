package import Billing

/// Why signed bytes are not an event.
///
/// It contains nothing of the payload.
package struct PayloadError: Error, Equatable {
    package let reason: String
}

/// Parses the envelope of a verified payload.
package enum EventParser {
    /// Parses an event.
    ///
    /// An unreadable object inside it is no error here.
    ///
    /// - Throws: ``PayloadError`` when the payload is not a JSON object with an id and a type.
    package static func parse(_ payload: VerifiedPayload) throws(PayloadError) -> Event {
        try parse(stored: payload.bytes)
    }

    /// Parses an event from the log, or one fetched from Stripe's API.
    package static func parse(stored bytes: [UInt8]) throws(PayloadError) -> Event {
        guard !bytes.isEmpty else { throw PayloadError(reason: "The payload is empty.") }
        do {
            return try EventCoding.decode(bytes)
        } catch {
            let isText = String(validating: bytes, as: UTF8.self) != nil
            throw PayloadError(
                reason: isText
                    ? "The payload is not a JSON object with an id and a type."
                    : "The payload is not valid UTF-8."
            )
        }
    }
}
