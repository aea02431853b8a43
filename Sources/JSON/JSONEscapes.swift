/// Decodes the text between two quotation marks, whose escapes the scanner has found to be well formed.
enum JSONEscapes {
    /// - Returns: `nil` if half of a surrogate pair stands alone, because no text has such a character.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let escaped = rest.popFirst(), let scalar = scalar(escaped, &rest) else { return nil }
            text.append(contentsOf: String(scalar).utf8)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func scalar(
        _ escaped: UInt8,
        _ rest: inout Slice<UnsafeBufferPointer<UInt8>>
    ) -> Unicode.Scalar? {
        switch escaped {
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        case UInt8(ascii: "u"): unicodeScalar(&rest)
        default: Unicode.Scalar(escaped)
        }
    }

    private static func unicodeScalar(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> Unicode.Scalar? {
        guard let unit = codeUnit(&rest) else { return nil }
        guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
        guard rest.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else { return nil }
        rest = rest.dropFirst(2)
        guard let trail = codeUnit(&rest), UTF16.isTrailSurrogate(trail) else { return nil }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private static func codeUnit(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> UInt16? {
        let digits = String(decoding: rest.prefix(4), as: UTF8.self)
        rest = rest.dropFirst(4)
        return UInt16(digits, radix: 16)
    }
}
