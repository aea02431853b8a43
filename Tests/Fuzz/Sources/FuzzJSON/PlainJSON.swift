import JSON

/// RFC 8259 as plainly as it can be written: no pointers, nothing clever.
indirect enum PlainJSON: Equatable {
    struct Member: Equatable {
        /// `nil` where half a surrogate pair makes it no text.
        let name: [UInt8]?
        let value: PlainJSON
    }

    case null
    case bool(Bool)
    case number(String)
    case string([UInt8]?)
    case array([PlainJSON])
    case object([Member])

    /// - Returns: `nil` for what is not one JSON text in UTF-8, or is nested deeper than we read.
    static func read(_ bytes: [UInt8]) -> PlainJSON? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        var reader = Reader(text: text)
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.index == text.count ? value : nil
    }

    /// The whole number meant, by long arithmetic on decimal digits.
    static func integer(_ text: String) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let parts = text.lowercased().drop { $0 == "-" }.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        var digits = mantissa.joined()
        let fraction = mantissa.count > 1 ? mantissa[1].count : 0
        while digits.first == "0" { digits.removeFirst() }
        if digits.isEmpty { return 0 }
        guard let exponent = parts.count > 1 ? Int(parts[1]) : 0 else { return nil }
        // Beyond this nothing of the length a fuzzer writes can be a whole number of 64 bits.
        guard exponent.magnitude < 100_000 else { return nil }
        var shift = exponent - fraction
        while shift < 0 {
            guard digits.popLast() == "0" else { return nil }
            shift += 1
        }
        guard digits.count + shift <= 19 else { return nil }
        digits += String(repeating: "0", count: shift)
        return Int64((isNegative ? "-" : "") + digits)
    }

    private struct Reader {
        let text: [UInt8]
        var index = 0

        var current: UInt8? { index < text.count ? text[index] : nil }

        mutating func skipSpace() {
            while let byte = current, " \n\r\t".utf8.contains(byte) { index += 1 }
        }

        mutating func take(_ word: String) -> Bool {
            guard text[index...].starts(with: word.utf8) else { return false }
            index += word.utf8.count
            return true
        }

        mutating func value(depth: Int) -> PlainJSON? {
            skipSpace()
            if take("null") { return .null }
            if take("true") { return .bool(true) }
            if take("false") { return .bool(false) }
            switch current {
            case UInt8(ascii: "\""): return string().map(PlainJSON.string)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < 512 else { return nil }
                return container(depth: depth + 1)
            default: return number()
            }
        }

        mutating func container(depth: Int) -> PlainJSON? {
            let isObject = take("{")
            if !isObject { _ = take("[") }
            var members: [Member] = []
            skipSpace()
            if take(isObject ? "}" : "]") { return isObject ? .object([]) : .array([]) }
            while true {
                skipSpace()
                var name: [UInt8]?
                if isObject {
                    guard current == UInt8(ascii: "\""), let read = string() else { return nil }
                    name = read
                    skipSpace()
                    guard take(":") else { return nil }
                }
                guard let value = value(depth: depth) else { return nil }
                members.append(Member(name: name, value: value))
                skipSpace()
                if take(",") { continue }
                guard take(isObject ? "}" : "]") else { return nil }
                return isObject ? .object(members) : .array(members.map(\.value))
            }
        }

        mutating func number() -> PlainJSON? {
            let start = index
            _ = take("-")
            if !take("0") { guard digits() else { return nil } }
            if take(".") { guard digits() else { return nil } }
            if take("e") || take("E") {
                if !take("+") { _ = take("-") }
                guard digits() else { return nil }
            }
            return .number(String(decoding: text[start..<index], as: UTF8.self))
        }

        mutating func digits() -> Bool {
            let start = index
            while let byte = current, 0x30...0x39 ~= byte { index += 1 }
            return index > start
        }

        /// - Returns: `nil` for a broken text, and nothing inside it for one with half a surrogate pair.
        mutating func string() -> [UInt8]?? {
            index += 1
            // As UTF-16, in which half a pair is nothing special.
            var units: [UInt16] = []
            while let byte = current {
                index += 1
                switch byte {
                case UInt8(ascii: "\""): return .some(Self.utf8(units))
                case 0..<0x20: return nil
                case UInt8(ascii: "\\"):
                    guard let unit = escape() else { return nil }
                    units.append(unit)
                default:
                    let end = text[index...].firstIndex { $0 < 0x80 || $0 >= 0xC0 } ?? text.count
                    let last = byte < 0x80 ? index : end
                    units += Array(String(decoding: text[(index - 1)..<last], as: UTF8.self).utf16)
                    index = last
                }
            }
            return nil
        }

        mutating func escape() -> UInt16? {
            guard let byte = current else { return nil }
            index += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt16(byte)
            case UInt8(ascii: "b"): return 8
            case UInt8(ascii: "f"): return 12
            case UInt8(ascii: "n"): return 10
            case UInt8(ascii: "r"): return 13
            case UInt8(ascii: "t"): return 9
            case UInt8(ascii: "u"):
                let digits = text[index...].prefix(4)
                guard digits.count == 4, digits.allSatisfy({ "0123456789abcdefABCDEF".utf8.contains($0) })
                else { return nil }
                index += 4
                return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            default: return nil
            }
        }

        private static func utf8(_ units: [UInt16]) -> [UInt8]? {
            String(validating: units, as: UTF16.self).map { Array($0.utf8) }
        }
    }
}
