extension JSON {
    /// Why a text is not JSON.
    struct SyntaxError: Error {
        let offset: Int
    }

    /// Reads one whole JSON text.
    ///
    /// Hand-written, because a generic decoder tries each type until one fits, and a story of 20,000 events
    /// then takes minutes to load without optimisation.
    init(parsing bytes: [UInt8]) throws {
        self = try bytes.withUnsafeBufferPointer { bytes in
            var parser = JSONParser(bytes: bytes)
            return try parser.whole()
        }
    }
}

private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    /// Deeper than anything of Stripe's, and no danger to the stack.
    var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private var failure: JSON.SyntaxError { JSON.SyntaxError(offset: position) }
    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func whole() throws -> JSON {
        let json = try value()
        guard next == nil else { throw failure }
        return json
    }

    /// One value and the space around it.
    private mutating func value() throws -> JSON {
        skipSpace()
        guard let first = next else { throw failure }
        let json: JSON
        switch first {
        case 0x7B: json = try object()
        case 0x5B: json = try array()
        case 0x22: json = .string(try string())
        case 0x74: json = try word("true", .bool(true))
        case 0x66: json = try word("false", .bool(false))
        case 0x6E: json = try word("null", .null)
        default: json = try number()
        }
        skipSpace()
        return json
    }

    private mutating func object() throws -> JSON {
        try enter()
        defer { depth -= 1 }
        var members: [String: JSON] = [:]
        guard !take(0x7D) else { return .object(members) }
        repeat {
            skipSpace()
            let name = try string()
            skipSpace()
            guard take(0x3A) else { throw failure }
            members[name] = try value()
        } while take(0x2C)
        guard take(0x7D) else { throw failure }
        return .object(members)
    }

    private mutating func array() throws -> JSON {
        try enter()
        defer { depth -= 1 }
        var elements: [JSON] = []
        guard !take(0x5D) else { return .array(elements) }
        repeat { elements.append(try value()) } while take(0x2C)
        guard take(0x5D) else { throw failure }
        return .array(elements)
    }

    private mutating func enter() throws {
        position += 1
        depth += 1
        guard depth <= 512 else { throw failure }
        skipSpace()
    }

    private mutating func string() throws -> String {
        guard take(0x22) else { throw failure }
        let start = position
        while let byte = next, byte != 0x22, byte != 0x5C, byte >= 0x20 { position += 1 }
        guard next == 0x5C else { return try text(UnsafeBufferPointer(rebasing: bytes[start..<position])) }
        var decoded = Array(bytes[start..<position])
        while let byte = next, byte != 0x22 {
            guard byte >= 0x20 else { throw failure }
            position += 1
            if byte == 0x5C { try escape(into: &decoded) } else { decoded.append(byte) }
        }
        return try decoded.withUnsafeBufferPointer { try text($0) }
    }

    /// The text before the quote that ends it.
    private mutating func text(_ decoded: UnsafeBufferPointer<UInt8>) throws -> String {
        guard take(0x22), let text = String(validating: decoded, as: UTF8.self) else { throw failure }
        return text
    }

    private mutating func escape(into decoded: inout [UInt8]) throws {
        guard let byte = next else { throw failure }
        position += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: decoded.append(byte)
        case 0x62: decoded.append(0x08)
        case 0x66: decoded.append(0x0C)
        case 0x6E: decoded.append(0x0A)
        case 0x72: decoded.append(0x0D)
        case 0x74: decoded.append(0x09)
        case 0x75:
            var code = try hexDigits()
            if 0xD800..<0xDC00 ~= code {
                guard take(0x5C), take(0x75) else { throw failure }
                let low = try hexDigits()
                guard 0xDC00..<0xE000 ~= low else { throw failure }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure }
            decoded += Array(String(Character(scalar)).utf8)
        default: throw failure
        }
    }

    private mutating func hexDigits() throws -> UInt32 {
        guard bytes.count - position >= 4 else { throw failure }
        let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
        guard digits.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }), let code = UInt32(digits, radix: 16)
        else {
            throw failure
        }
        position += 4
        return code
    }

    private mutating func number() throws -> JSON {
        let start = position
        while let byte = next, 0x30...0x39 ~= byte || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte) {
            position += 1
        }
        guard position > start else { throw failure }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        // A regular expression is slow, and most numbers are short and plain.
        let isPlain =
            bytes[start..<position].allSatisfy { $0 >= 0x30 } && (bytes[start] != 0x30 || text == "0")
        guard isPlain || text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/) != nil else {
            throw failure
        }
        if let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text) else { throw failure }
        return .number(number)
    }

    private mutating func word(_ word: String, _ json: JSON) throws -> JSON {
        for byte in word.utf8 { guard take(byte) else { throw failure } }
        return json
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }
}
