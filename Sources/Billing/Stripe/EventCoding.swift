#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Reads the bytes of an event, as received or out of the log.
package enum EventCoding {
    /// - Throws: `DecodingError` when the bytes are not a JSON object with an id and a type.
    package static func decode(_ payload: [UInt8]) throws -> Event {
        try JSONDecoder().decode(Event.self, from: Data(payload))
    }
}
