/// The result of a statement at its current row, as a driver reads it.
///
/// A value is `nil` if the column has another type, or is NULL.
package protocol RowSource: AnyObject {
    var columns: [String] { get }

    func isNull(_ column: Int) -> Bool
    func bool(_ column: Int) -> Bool?
    func int(_ column: Int) -> Int64?
    func text(_ column: Int) -> String?
    /// Valid until the next row is read.
    func bytes(_ column: Int) -> UnsafeRawBufferPointer?
}

/// Why a row could not be decoded; it names the column, never a value.
package enum RowError: Error, Equatable {
    /// The statement has no column of that name.
    case missing(column: String)
    /// The column has another type, or is NULL where a value is required.
    case mismatch(column: String)
    /// The value has the right type, but not the form that it must have.
    case malformed(column: String)
}

/// A row of a result, decoded by the names and types of its columns; valid only while it is visited.
///
/// A boolean reads as a boolean on both databases, although SQLite stores it as 0 or 1.
package struct SQLRow {
    /// Where the column after the last one is, which is usually the next to be read.
    private final class Guess { var next = 0 }

    private let source: any RowSource
    private let guess = Guess()

    package init(_ source: any RowSource) { self.source = source }

    // MARK: Values

    package func bool(_ name: String) throws(RowError) -> Bool { try value(name, source.bool) }
    package func int(_ name: String) throws(RowError) -> Int64 { try value(name, source.int) }
    package func text(_ name: String) throws(RowError) -> String { try value(name, source.text) }
    package func bytes(_ name: String) throws(RowError) -> [UInt8] { Array(try value(name, source.bytes)) }

    /// Decodes the bytes of a column without a copy of them.
    ///
    /// - Throws: ``RowError/malformed(column:)`` if `body` throws.
    package func decode<Value>(
        _ name: String,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Value
    ) throws(RowError) -> Value {
        try Self.decode(try value(name, source.bytes), name, body)
    }

    /// Decodes a text of which only some values are known.
    package func known<Value: RawRepresentable<String>>(_ name: String) throws(RowError) -> Value {
        guard let value = Value(rawValue: try text(name)) else { throw .malformed(column: name) }
        return value
    }

    // MARK: Values or NULL

    package func optionalBool(_ name: String) throws(RowError) -> Bool? { try orNil(name, source.bool) }
    package func optionalInt(_ name: String) throws(RowError) -> Int64? { try orNil(name, source.int) }
    package func optionalText(_ name: String) throws(RowError) -> String? { try orNil(name, source.text) }

    package func optionalBytes(_ name: String) throws(RowError) -> [UInt8]? {
        try orNil(name, source.bytes).map { Array($0) }
    }

    /// Decodes the bytes of a column without a copy of them; `nil` for NULL.
    package func decodeOptional<Value>(
        _ name: String,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Value
    ) throws(RowError) -> Value? {
        guard let bytes = try orNil(name, source.bytes) else { return nil }
        return try Self.decode(bytes, name, body)
    }

    // MARK: Columns

    private func index(_ name: String) throws(RowError) -> Int {
        let columns = source.columns
        let index: Int
        if guess.next < columns.count, columns[guess.next] == name {
            index = guess.next
        } else if let found = columns.firstIndex(of: name) {
            index = found
        } else {
            throw .missing(column: name)
        }
        guess.next = index + 1
        return index
    }

    private func value<Value>(_ name: String, _ read: (Int) -> Value?) throws(RowError) -> Value {
        guard let value = read(try index(name)) else { throw .mismatch(column: name) }
        return value
    }

    private func orNil<Value>(_ name: String, _ read: (Int) -> Value?) throws(RowError) -> Value? {
        let index = try index(name)
        if source.isNull(index) { return nil }
        guard let value = read(index) else { throw .mismatch(column: name) }
        return value
    }

    private static func decode<Value>(
        _ bytes: UnsafeRawBufferPointer,
        _ name: String,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Value
    ) throws(RowError) -> Value {
        do {
            return try body(bytes.bindMemory(to: UInt8.self))
        } catch {
            throw .malformed(column: name)
        }
    }
}
