package import Billing

/// Why signed bytes are not an event.
///
/// It contains nothing of the payload.
package struct PayloadError: Error, Equatable {
    package let reason: String
}

extension VerifiedPayload {
    /// Parses the event.
    ///
    /// An unreadable object inside it is no error here.
    ///
    /// - Throws: ``PayloadError`` when the payload is not a JSON object with an id and a type.
    package func event() throws(PayloadError) -> Event {
        guard !bytes.isEmpty else { throw PayloadError(reason: "The payload is empty.") }
        do {
            return try Event(parsing: bytes)
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
