/// A value bound to a statement, sent in PostgreSQL's binary form with its length.
package enum Parameter {
    case null
    case bool(Bool)
    case int(Int64)
    case text(String)
    case bytes([UInt8])
    case bools([Bool?])
    case ints([Int64?])
    case texts([String?])
    case byteStrings([[UInt8]?])

    package static func text(orNull text: String?) -> Parameter { text.map { .text($0) } ?? .null }
}

/// The types of columns and of the elements of arrays: their OIDs in `pg_type`, which never change.
enum ColumnType: Int32, Sendable {
    case bool = 16
    case bytea = 17
    case int8 = 20
    case int4 = 23
    case text = 25
}

/// The parameters of one statement in libpq's form: their bytes, and the range of each.
struct EncodedParameters {
    private(set) var bytes: [UInt8] = []
    /// `nil` for NULL.
    private(set) var ranges: [Range<Int>?] = []

    init(_ parameters: [Parameter]) {
        for parameter in parameters { append(parameter) }
    }

    private mutating func append(_ parameter: Parameter) {
        let start = bytes.count
        switch parameter {
        case .null:
            ranges.append(nil)
            return
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .int(let value): append(value)
        case .text(let value): append(value)
        case .bytes(let value): bytes += value
        case .bools(let values): append(values, .bool) { $0.bytes.append($1 ? 1 : 0) }
        case .ints(let values): append(values, .int8) { $0.append($1) }
        case .texts(let values): append(values, .text) { $0.append($1) }
        case .byteStrings(let values): append(values, .bytea) { $0.bytes += $1 }
        }
        ranges.append(start..<bytes.count)
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
    }

    /// Appends text with NUL characters replaced, which PostgreSQL's text cannot hold.
    ///
    /// Stored text never has NUL: ids have a narrow form, and other text is cleaned when read. A search text
    /// may have NUL; replaced, it finds nothing instead of causing an error.
    private mutating func append(_ text: String) {
        guard text.utf8.contains(0) else {
            bytes += text.utf8
            return
        }
        bytes += text.replacing("\0", with: "\u{FFFD}").utf8
    }

    /// An array of one dimension.
    private mutating func append<Value>(
        _ values: [Value?],
        _ type: ColumnType,
        _ encode: (inout EncodedParameters, Value) -> Void
    ) {
        append(Int32(values.isEmpty ? 0 : 1))
        append(Int32(values.contains { $0 == nil } ? 1 : 0))
        append(type.rawValue)
        guard !values.isEmpty else { return }
        append(Int32(clamping: values.count))
        append(Int32(1))
        for value in values {
            guard let value else {
                append(Int32(-1))
                continue
            }
            let lengthAt = bytes.count
            append(Int32(0))
            encode(&self, value)
            let length = Int32(clamping: bytes.count - lengthAt - 4)
            withUnsafeBytes(of: length.bigEndian) {
                bytes.replaceSubrange(lengthAt..<(lengthAt + 4), with: $0)
            }
        }
    }
}
