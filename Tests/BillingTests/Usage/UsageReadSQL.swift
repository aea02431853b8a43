import Billing
import JSON

extension LeaseRecord {
    /// Reads a record out of a text, as the service does.
    static func read(_ text: String) throws -> LeaseRecord {
        try Array(text.utf8).withUnsafeBufferPointer { try JSONValue.read($0) { try LeaseRecord($0) } }
    }
}

extension CalendarDay {
    static func read(_ text: String) throws -> CalendarDay {
        try Array(text.utf8).withUnsafeBufferPointer { try JSONValue.read($0) { try CalendarDay($0) } }
    }
}
