/// Why bytes are not a JSON text that we read.
package enum JSONSyntaxError: Error {
    case notJSON
    case notUTF8
    /// Deeper than any object of Stripe: an attacker's brackets must not exhaust the thread's stack.
    case tooDeep
    case tooLong
}

/// Finds the values of a JSON text (RFC 8259) in one pass, without decoding any.
///
/// This is our own scanner because no library accepts every event that we must record. simdjson refuses a
/// whole document if a number in any field is too large, and its On-Demand API does not validate the parts
/// that it skips: a signed event would be lost, or invalid bytes would be recorded.
struct JSONScanner {
    static let maximumDepth = 512

    private let bytes: UnsafePointer<UInt8>
    private let count: Int
    private var position = 0
    private var hasOnlyASCII = true
    private var nodes: [JSONNode] = []

    /// - Returns: The nodes of the text, the root's first.
    static func scan(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONSyntaxError) -> [JSONNode] {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { throw .notJSON }
        guard bytes.count < Int(UInt32.max) else { throw .tooLong }
        var scanner = JSONScanner(start, count: bytes.count)
        try scanner.scanRoot()
        guard scanner.hasOnlyASCII || String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        return scanner.nodes
    }

    private init(_ bytes: UnsafePointer<UInt8>, count: Int) {
        self.bytes = bytes
        self.count = count
        nodes.reserveCapacity(count / 10 + 4)
    }

    private mutating func scanRoot() throws(JSONSyntaxError) {
        // Some editors begin a file with a byte order mark. A parser may ignore it
        // (https://www.rfc-editor.org/rfc/rfc8259#section-8.1).
        if count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
        skipSpace()
        try scanValue(depth: 0)
        skipSpace()
        guard position == count else { throw .notJSON }
    }

    private mutating func scanValue(depth: Int) throws(JSONSyntaxError) {
        switch current {
        case UInt8(ascii: "\""): try scanText(startingAt: position)
        case UInt8(ascii: "{"): try scanObject(depth: depth + 1)
        case UInt8(ascii: "["): try scanArray(depth: depth + 1)
        case UInt8(ascii: "t"): try scanWord("true", .true)
        case UInt8(ascii: "f"): try scanWord("false", .false)
        case UInt8(ascii: "n"): try scanWord("null", .null)
        default: try scanNumber()
        }
    }

    // MARK: Containers

    private mutating func scanObject(depth: Int) throws(JSONSyntaxError) {
        let index = try open(.object, depth: depth)
        guard !take(UInt8(ascii: "}")) else { return close(index) }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw .notJSON }
            try scanText(startingAt: position)
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw .notJSON }
            skipSpace()
            try scanValue(depth: depth)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw .notJSON }
        close(index)
    }

    private mutating func scanArray(depth: Int) throws(JSONSyntaxError) {
        let index = try open(.array, depth: depth)
        guard !take(UInt8(ascii: "]")) else { return close(index) }
        repeat {
            skipSpace()
            try scanValue(depth: depth)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw .notJSON }
        close(index)
    }

    private mutating func open(_ kind: JSONNode.Kind, depth: Int) throws(JSONSyntaxError) -> Int {
        guard depth <= Self.maximumDepth else { throw .tooDeep }
        append(kind, from: position, to: position)
        position += 1
        skipSpace()
        return nodes.count - 1
    }

    private mutating func close(_ index: Int) {
        nodes[index].end = UInt32(truncatingIfNeeded: position)
        nodes[index].next = UInt32(truncatingIfNeeded: nodes.count)
    }

    // MARK: Text

    private mutating func scanText(startingAt quote: Int) throws(JSONSyntaxError) {
        var kind = JSONNode.Kind.plainText
        position = quote + 1
        while true {
            skipOrdinaryText()
            guard let byte = current else { throw .notJSON }
            switch byte {
            case UInt8(ascii: "\""):
                append(kind, from: quote + 1, to: position)
                position += 1
                return
            case UInt8(ascii: "\\"):
                kind = .escapedText
                try scanEscape()
            case 0x20...:
                if byte >= 0x80 { hasOnlyASCII = false }
                position += 1
            default: throw .notJSON
            }
        }
    }

    /// Skips eight bytes at a time while none is a `"`, a `\`, a control character or outside ASCII.
    private mutating func skipOrdinaryText() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits = ones << 7
        while position + 8 <= count {
            let word = UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt64.self)
            let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let escapes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            // A byte that is zero, or less than a space, borrows from its highest bit.
            let special = (quotes &- ones) | (escapes &- ones) | (word &- ones &* 0x20) | word
            guard special & highBits == 0 else { return skipOrdinaryBytes() }
            position += 8
        }
    }

    private mutating func skipOrdinaryBytes() {
        while position < count {
            let byte = bytes[position]
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else {
                return
            }
            position += 1
        }
    }

    private mutating func scanEscape() throws(JSONSyntaxError) {
        position += 1
        guard let escaped = current else { throw .notJSON }
        position += 1
        switch escaped {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = current, Character(Unicode.Scalar(digit)).isHexDigit else { throw .notJSON }
                position += 1
            }
        default: throw .notJSON
        }
    }

    // MARK: Numbers and words

    private mutating func scanNumber() throws(JSONSyntaxError) {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try scanDigits() }
        if take(UInt8(ascii: ".")) { try scanDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try scanDigits()
        }
        append(.number, from: start, to: position)
    }

    private mutating func scanDigits() throws(JSONSyntaxError) {
        let start = position
        while let digit = current, digit &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else { throw .notJSON }
    }

    private mutating func scanWord(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONSyntaxError) {
        let end = position + word.utf8CodeUnitCount
        guard end <= count,
            word.withUTF8Buffer({
                $0.elementsEqual(UnsafeBufferPointer(start: bytes + position, count: $0.count))
            })
        else { throw .notJSON }
        append(kind, from: position, to: end)
        position = end
    }

    // MARK: Bytes

    /// The byte at the position; `nil` at the end.
    private var current: UInt8? { position < count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func append(_ kind: JSONNode.Kind, from start: Int, to end: Int) {
        nodes.append(
            JSONNode(
                kind: kind,
                start: UInt32(truncatingIfNeeded: start),
                end: UInt32(truncatingIfNeeded: end),
                next: UInt32(truncatingIfNeeded: nodes.count + 1)
            )
        )
    }
}
