import Compression
import Database

extension SQLRow {
    /// Reads bytes that ``Compressor`` made smaller, or that are stored as they are.
    ///
    /// - Parameters:
    ///   - column: The name of the column.
    ///   - size: The size of the bytes before compression.
    /// - Returns: The bytes before compression.
    /// - Throws: ``RowError`` if they cannot be restored.
    func compressed(_ column: String, size: Int) throws -> [UInt8] {
        let stored = try bytes(column)
        if stored.count == size { return stored }
        do {
            return try CompressionDictionaries.known.decompress(stored, size: size)
        } catch {
            throw RowError.malformed(column: column)
        }
    }
}
