/// Extracts the elements of an array in a JSON object, byte for byte.
///
/// The log keeps events exactly as Stripe sent them. Decoding and encoding again would change numbers,
/// escapes and the order of members.
///
/// The bytes must be valid JSON; others give nil or wrong elements, but are never read out of bounds.
struct ListScanner {
    private let bytes: [UInt8]
    private var position = 0

    /// Nil when the object has no such array at its top level, or two.
    static func elements(of name: String, in bytes: [UInt8]) -> [[UInt8]]? {
        var scanner = ListScanner(bytes: bytes)
        return scanner.elements(of: Array("\"\(name)\"".utf8))
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func elements(of quotedName: [UInt8]) -> [[UInt8]]? {
        var found: [[UInt8]]?
        guard skip("{") else { return nil }
        if skip("}") { return nil }
        repeat {
            skipSpace()
            guard let name = value(), skip(":") else { return nil }
            skipSpace()
            if name.elementsEqual(quotedName) {
                guard found == nil, let elements = array() else { return nil }
                found = elements
            } else {
                guard value() != nil else { return nil }
            }
        } while skip(",")
        return skip("}") ? found : nil
    }

    private mutating func array() -> [[UInt8]]? {
        guard skip("[") else { return nil }
        if skip("]") { return [] }
        var elements: [[UInt8]] = []
        repeat {
            skipSpace()
            guard let element = value() else { return nil }
            elements.append(Array(element))
        } while skip(",")
        return skip("]") ? elements : nil
    }

    /// Skips one value of any depth.
    private mutating func value() -> ArraySlice<UInt8>? {
        let start = position
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
            default:
                if depth == 0 { skipScalar() } else { position += 1 }
            }
            if depth <= 0 { break }
        }
        return depth == 0 && position > start ? bytes[start..<position] : nil
    }

    private mutating func skipString() {
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"): position = min(position + 2, bytes.count)
            default: position += 1
            }
        }
    }

    private mutating func skipScalar() {
        while position < bytes.count, !Self.endsScalar(bytes[position]) { position += 1 }
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
            || byte == UInt8(ascii: ":")
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}
