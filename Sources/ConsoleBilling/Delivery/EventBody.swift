import Foundation

/// An event's body from a file: its exact bytes, and the fields needed to send it.
struct EventBody: Sendable, Equatable {
    let id: String
    let type: String
    let livemode: Bool
    let bytes: [UInt8]

    init(id: String, type: String, livemode: Bool, bytes: [UInt8]) {
        self.id = id
        self.type = type
        self.livemode = livemode
        self.bytes = bytes
    }

    enum Fault: Error, Equatable {
        case notJSON
        /// JSON, but not an object with an id and a type.
        case notAnEvent
    }

    private struct Envelope: Decodable {
        let id: String
        let type: String
        let livemode: Bool?
    }

    /// A line of the archive, which contains the event's body.
    private struct Archived: Decodable {
        let object: String
        let body: String?
        let body_base64: Data?

        private static let objectName = "archived_event"

        static func body(in line: Data) -> [UInt8]? {
            // Most input is not from the archive: do not decode it twice.
            guard line.range(of: Data(objectName.utf8)) != nil,
                let archived = try? JSONDecoder().decode(Archived.self, from: line),
                archived.object == objectName
            else { return nil }
            return archived.body.map { Array($0.utf8) } ?? archived.body_base64.map { Array($0) }
        }
    }

    /// Reads an event, or a line of the archive that contains one.
    init(_ bytes: [UInt8]) throws(Fault) {
        try self.init(plain: Archived.body(in: Data(bytes)) ?? bytes)
    }

    private init(plain bytes: [UInt8]) throws(Fault) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notJSON }
        do {
            let envelope = try JSONDecoder().decode(Envelope.self, from: Data(bytes))
            self.init(
                id: envelope.id,
                type: envelope.type,
                livemode: envelope.livemode ?? false,
                bytes: bytes
            )
        } catch DecodingError.dataCorrupted {
            throw .notJSON
        } catch {
            throw .notAnEvent
        }
    }

    /// The same event with another id; all other bytes are unchanged.
    ///
    /// - Returns: `nil` if the id's position cannot be found.
    func renamed(_ newID: String) -> EventBody? {
        let ranges = Self.idRanges(in: bytes)
        guard !ranges.isEmpty else { return nil }
        var renamed = bytes
        for range in ranges.reversed() { renamed.replaceSubrange(range, with: newID.utf8) }
        return EventBody(id: newID, type: type, livemode: livemode, bytes: renamed)
    }

    /// A new random event id.
    static func freshID() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return "evt_1" + String((0..<23).map { _ in alphabet[Int.random(in: alphabet.indices)] })
    }

    /// The positions of the event's own `id`, not of those of nested objects.
    private static func idRanges(in bytes: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var depth = 0
        var key: ArraySlice<UInt8>?
        var isKeyNext = false
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"):
                depth += 1
                isKeyNext = depth == 1
            case UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
            case UInt8(ascii: ","):
                isKeyNext = depth == 1
            case UInt8(ascii: "\""):
                let end = endOfString(in: bytes, openedAt: index)
                if depth == 1, isKeyNext {
                    key = bytes[(index + 1)..<end]
                    // An escape sequence could spell `id` too. Stripe writes none in names, so give up.
                    if key?.contains(UInt8(ascii: "\\")) == true { return [] }
                    isKeyNext = false
                } else if depth == 1, let name = key {
                    if name.elementsEqual("id".utf8) { ranges.append((index + 1)..<end) }
                    key = nil
                }
                index = end
            default: break
            }
            index += 1
        }
        return ranges
    }

    private static func endOfString(in bytes: [UInt8], openedAt start: Int) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index, bytes.count)
    }
}
