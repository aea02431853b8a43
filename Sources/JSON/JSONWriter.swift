/// Writes the JSON that we store, with the members of each object sorted by name.
///
/// Equal values therefore give equal bytes. This decides ties between snapshots, and shows that a row is
/// unchanged.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// The last name in the object being written.
    private var lastName: String?

    private init() { bytes.reserveCapacity(768) }

    /// The bytes of one object.
    package static func object(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.writeObject(members)
        return writer.bytes
    }

    /// A text with quotation marks and escapes.
    package static func text(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(text)
        return writer.bytes
    }

    // MARK: Members

    /// Writes a member, unless its value is `nil`.
    package mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        begin(name)
        write(value)
    }

    package mutating func member(_ name: StaticString, _ value: Int64?) {
        guard let value else { return }
        begin(name)
        write(value)
    }

    package mutating func member(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        begin(name)
        writeVerbatim(value ? "true" : "false")
    }

    package mutating func object(_ name: StaticString, _ members: (inout JSONWriter) -> Void) {
        begin(name)
        writeObject(members)
    }

    /// Writes an object under a name that is not a literal of ours.
    package mutating func object(named name: String, _ members: (inout JSONWriter) -> Void) {
        assertOrder(name)
        separate()
        write(name)
        bytes.append(UInt8(ascii: ":"))
        writeObject(members)
    }

    /// Writes an array of objects, one for each element.
    package mutating func array<Element>(
        _ name: StaticString,
        _ elements: some Sequence<Element>,
        _ members: (inout JSONWriter, Element) -> Void
    ) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for element in elements {
            if bytes.last != UInt8(ascii: "[") { bytes.append(UInt8(ascii: ",")) }
            writeObject { members(&$0, element) }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Writes a member under a name that is not a literal of ours.
    package mutating func member(named name: String, _ value: String) {
        assertOrder(name)
        separate()
        write(name)
        bytes.append(UInt8(ascii: ":"))
        write(value)
    }

    /// Writes a member whose value is JSON.
    package mutating func verbatim(named name: String, _ value: [UInt8]) {
        assertOrder(name)
        separate()
        write(name)
        bytes.append(UInt8(ascii: ":"))
        bytes += value
    }

    package mutating func verbatim(_ name: StaticString, _ value: [UInt8]) {
        verbatim(named: name.description, value)
    }

    private mutating func begin(_ name: StaticString) {
        assertOrder(name.description)
        separate()
        bytes.append(UInt8(ascii: "\""))
        writeVerbatim(name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func assertOrder(_ name: @autoclosure () -> String) {
        assert(
            {
                defer { lastName = name() }
                return lastName.map { $0 < name() } ?? true
            }(),
            "members are written in the order of their names"
        )
    }

    private mutating func separate() {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
    }

    // MARK: Values

    private mutating func writeObject(_ members: (inout JSONWriter) -> Void) {
        let outer = lastName
        lastName = nil
        bytes.append(UInt8(ascii: "{"))
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        lastName = outer
    }

    // This has a name of its own because `write` would treat a literal as text, with quotation marks and
    // escapes.
    private mutating func writeVerbatim(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func write(_ number: Int64) {
        var magnitude = number.magnitude
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10))
            magnitude /= 10
        } while magnitude > 0
        bytes[start...].reverse()
    }

    private mutating func write(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            if utf8.contains(where: Self.needsEscape) {
                for byte in utf8 { write(escaping: byte) }
            } else {
                bytes.append(contentsOf: utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func write(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeVerbatim(#"\""#)
        case UInt8(ascii: "\\"): writeVerbatim(#"\\"#)
        case 0x08: writeVerbatim(#"\b"#)
        case 0x0C: writeVerbatim(#"\f"#)
        case 0x0A: writeVerbatim(#"\n"#)
        case 0x0D: writeVerbatim(#"\r"#)
        case 0x09: writeVerbatim(#"\t"#)
        case ..<0x20:
            writeVerbatim(#"\u00"#)
            bytes.append(contentsOf: (byte < 16 ? "0" : "").utf8)
            bytes.append(contentsOf: String(byte, radix: 16).utf8)
        default: bytes.append(byte)
        }
    }
}
