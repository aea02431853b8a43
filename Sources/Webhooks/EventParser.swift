package import Billing

/// Why signed bytes are not an event.
///
/// Carries nothing of what was in them.
package struct PayloadError: Error, Equatable {
    package let reason: String
}

/// Reads the envelope of a payload whose signature was checked.
package enum EventParser {
    /// Reads an event; whatever the object inside is like, the event itself stands.
    ///
    /// - Throws: ``PayloadError`` when the payload is not a JSON object with an id and a type.
    package static func parse(_ payload: VerifiedPayload) throws(PayloadError) -> Event {
        try parse(stored: payload.bytes)
    }

    /// Reads an event again from the log, or one that Stripe's API gave.
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
