/// Reads the bytes of an event, as received or out of the log.
package enum EventCoding {
    /// - Throws: ``JSONSyntaxError`` or ``JSONFieldError`` when the bytes are not a JSON object with an id and a
    ///   type.
    package static func decode(_ payload: [UInt8]) throws -> Event {
        try payload.withUnsafeBufferPointer { try JSONValue.read($0) { try Event($0) } }
    }
}
