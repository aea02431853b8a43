/// Writes JSON.
///
/// The members of an object are written sorted by name, so that equal values give equal bytes. This decides
/// ties between snapshots, and shows that a row is unchanged.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// The last name in the object being written.
    private var lastName: String?
    private let isSorted: Bool
    /// The number of spaces before the current line; `nil` if everything is on one line.
    private var indent: Int?

    private init(isSorted: Bool = true, indent: Int? = nil) {
        self.isSorted = isSorted
        self.indent = indent
        bytes.reserveCapacity(768)
    }

    /// The bytes of one object.
    package static func object(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.writeObject(members)
        return writer.bytes
    }

    /// The bytes of one object whose members keep their own order.
    package static func orderedObject(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(isSorted: false)
        writer.writeObject(members)
        return writer.bytes
    }

    /// The bytes of one value.
    package static func bytes(of value: some JSONEncodable) -> [UInt8] {
        var writer = JSONWriter()
        value.encode(to: &writer)
        return writer.bytes
    }

    /// The text of one value.
    package static func text(of value: some JSONEncodable) -> String {
        String(decoding: bytes(of: value), as: UTF8.self)
    }

    /// The text of one value whose members keep their own order.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - isIndented: Whether each value has a line of its own, two spaces deeper than its container.
    /// - Returns: The text, without a line break at the end.
    package static func text(inOrder value: some JSONEncodable, isIndented: Bool) -> String {
        var writer = JSONWriter(isSorted: false, indent: isIndented ? 0 : nil)
        value.encode(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
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
        write(value)
    }

    package mutating func member<Value: JSONEncodable>(_ name: StaticString, _ value: Value?) {
        guard let value else { return }
        begin(name)
        value.encode(to: &self)
    }

    /// Writes a member that is null if its value is `nil`.
    package mutating func nullable<Value: JSONEncodable>(_ name: StaticString, _ value: Value?) {
        begin(name)
        value.encode(to: &self)
    }

    /// Writes a member that is an object, or null if its value is `nil`.
    package mutating func nullable<Value>(
        _ name: StaticString,
        _ value: Value?,
        _ members: (inout JSONWriter, Value) -> Void
    ) {
        begin(name)
        if let value { writeObject { members(&$0, value) } } else { writeNull() }
    }

    package mutating func object(_ name: StaticString, _ members: (inout JSONWriter) -> Void) {
        begin(name)
        writeObject(members)
    }

    /// Writes an object under a name that is not a literal of ours.
    package mutating func object(named name: String, _ members: (inout JSONWriter) -> Void) {
        begin(named: name)
        writeObject(members)
    }

    /// Writes an array of objects, one for each element.
    package mutating func array<Element>(
        _ name: StaticString,
        _ elements: some Sequence<Element>,
        _ members: (inout JSONWriter, Element) -> Void
    ) {
        begin(name)
        writeArray(elements) { json, element in json.writeObject { members(&$0, element) } }
    }

    /// Writes a member under a name that is not a literal of ours.
    package mutating func member(named name: String, _ value: some JSONEncodable) {
        begin(named: name)
        value.encode(to: &self)
    }

    /// Writes a member whose value is JSON.
    package mutating func verbatim(named name: String, _ value: [UInt8]) {
        begin(named: name)
        bytes += value
    }

    package mutating func verbatim(_ name: StaticString, _ value: [UInt8]) {
        begin(name)
        bytes += value
    }

    private mutating func begin(_ name: StaticString) {
        assertOrder(name.description)
        separate()
        bytes.append(UInt8(ascii: "\""))
        writeVerbatim(name)
        bytes.append(UInt8(ascii: "\""))
        endName()
    }

    private mutating func begin(named name: String) {
        assertOrder(name)
        separate()
        write(name)
        endName()
    }

    private mutating func endName() {
        bytes.append(UInt8(ascii: ":"))
        if indent != nil { bytes.append(UInt8(ascii: " ")) }
    }

    private mutating func assertOrder(_ name: @autoclosure () -> String) {
        assert(
            {
                defer { lastName = name() }
                return !isSorted || lastName.map { $0 < name() } ?? true
            }(),
            "members are written in the order of their names"
        )
    }

    /// Begins a member or an element.
    private mutating func separate() {
        if bytes.last != UInt8(ascii: "{"), bytes.last != UInt8(ascii: "[") {
            bytes.append(UInt8(ascii: ","))
        }
        breakLine()
    }

    private mutating func breakLine() {
        guard let indent else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
    }

    // MARK: Values

    package mutating func writeObject(_ members: (inout JSONWriter) -> Void) {
        let outer = lastName
        lastName = nil
        open(UInt8(ascii: "{"))
        members(&self)
        close(UInt8(ascii: "{"), UInt8(ascii: "}"))
        lastName = outer
    }

    mutating func writeArray<Element>(
        _ elements: some Sequence<Element>,
        _ write: (inout JSONWriter, Element) -> Void
    ) {
        open(UInt8(ascii: "["))
        for element in elements {
            separate()
            write(&self, element)
        }
        close(UInt8(ascii: "["), UInt8(ascii: "]"))
    }

    private mutating func open(_ bracket: UInt8) {
        bytes.append(bracket)
        indent = indent.map { $0 + 2 }
    }

    private mutating func close(_ opening: UInt8, _ bracket: UInt8) {
        indent = indent.map { $0 - 2 }
        if bytes.last != opening { breakLine() }
        bytes.append(bracket)
    }

    // This has a name of its own because `write` would treat a literal as text, with quotation marks and
    // escapes.
    private mutating func writeVerbatim(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func writeNull() { writeVerbatim("null") }

    package mutating func write(_ flag: Bool) { writeVerbatim(flag ? "true" : "false") }

    package mutating func write(_ number: Int64) {
        var magnitude = number.magnitude
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10))
            magnitude /= 10
        } while magnitude > 0
        bytes[start...].reverse()
    }

    /// Writes a finite number; JSON has no other, so one that is not finite is null.
    package mutating func write(_ number: Double) {
        guard number.isFinite else { return writeNull() }
        let text = number.description
        bytes.append(contentsOf: (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8)
    }

    /// Writes bytes that are JSON.
    mutating func write(verbatim json: [UInt8]) { bytes += json }

    package mutating func write(_ text: String) {
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
