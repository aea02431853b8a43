import JSON
import Storage

/// An event's body from a file: its exact bytes, and the fields needed to send it.
struct EventBody: Sendable, Equatable {
    let id: String
    let type: String
    let livemode: Bool
    let bytes: [UInt8]

    enum Fault: Error, Equatable {
        case notJSON
        /// JSON, but not an object with an id and a type.
        case notAnEvent
    }
}

extension EventBody {
    /// Reads an event, or a line of the archive that contains one.
    init(_ bytes: [UInt8]) throws(Fault) {
        // Most input is not from the archive, and is read once.
        let event = try Self.read(bytes) { json in (ArchivedEvent.body(in: json), Self(json, bytes)) }
        guard let archived = event.0 else {
            guard let event = event.1 else { throw .notAnEvent }
            self = event
            return
        }
        guard let event = try Self.read(archived, { json in Self(json, archived) }) else { throw .notAnEvent }
        self = event
    }

    private init?(_ json: JSONValue, _ bytes: [UInt8]) {
        guard let id = json.string("id"), let type = json.string("type") else { return nil }
        self.init(id: id, type: type, livemode: json.bool("livemode") ?? false, bytes: bytes)
    }

    private static func read<Result>(
        _ bytes: [UInt8],
        _ body: (JSONValue) -> Result
    ) throws(Fault) -> Result {
        do {
            return try JSONValue.read(bytes, body)
        } catch {
            throw .notJSON
        }
    }

    /// The same event with another id; all other bytes are unchanged.
    ///
    /// - Returns: `nil` if the id's position cannot be found.
    func renamed(_ newID: String) -> EventBody? {
        // The event's own `id`, not those of nested objects.
        let ranges = try? JSONValue.read(bytes) { json in
            json.members?.filter { $0.name == "id" && $0.value.string != nil }.map(\.value.range)
        }
        guard let ranges, !ranges.isEmpty else { return nil }
        var renamed = bytes
        for range in ranges.reversed() { renamed.replaceSubrange(range, with: newID.utf8) }
        return EventBody(id: newID, type: type, livemode: livemode, bytes: renamed)
    }

    /// A new random event id.
    static func freshID() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return "evt_1" + String((0..<23).map { _ in alphabet[Int.random(in: alphabet.indices)] })
    }
}
