import JSON

/// Decodes the bytes of an event, from a delivery or from the log.
package enum EventCoding {
    /// - Throws: ``JSONSyntaxError`` or ``JSONFieldError`` if the bytes are not a JSON object with an id and
    ///   a type.
    package static func decode(_ payload: [UInt8]) throws -> Event {
        try payload.withUnsafeBufferPointer { try JSONValue.read($0) { try Event($0) } }
    }
}
