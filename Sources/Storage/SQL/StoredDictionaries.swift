import Compression
package import Database

/// The dictionaries of compressed bodies, as a store keeps them: a database can be read without the program
/// that wrote it.
package enum StoredDictionaries {
    /// The statement of a migration that adds a dictionary.
    static func adding(_ dictionary: CompressionDictionary, _ dialect: Dialect) -> String {
        let digits = dictionary.content.map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }
        let content = digits.joined()
        let literal = dialect == .sqlite ? "X'\(content)'" : "'\\x\(content)'"
        return "INSERT INTO dictionaries (id, content) VALUES (\(dictionary.id), \(literal));\n"
    }

    /// All of them; a row that is no dictionary is ``RowError/malformed(column:)``.
    package static let all = Query("SELECT id, content FROM dictionaries") { row in
        let (id, content) = (UInt32(clamping: try row.int("id")), try row.bytes("content"))
        do {
            try CompressionDictionaries.register(CompressionDictionary(id: id, content: content))
        } catch {
            throw RowError.malformed(column: "content")
        }
    }
}
