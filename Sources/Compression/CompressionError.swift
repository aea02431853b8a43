/// A body or a dictionary that cannot be used; safe to log, because the error contains none of their bytes.
package enum CompressionError: Error, Equatable, CustomStringConvertible {
    /// The bytes stored under this id are no zstd dictionary with the id.
    case notDictionary(id: UInt32)
    /// Another dictionary with this id is known already.
    case conflictingDictionary(id: UInt32)
    /// No known dictionary has the id that the compressed body names; 0 if the body names none.
    case unknownDictionary(id: UInt32)
    /// No compressed body has this size.
    case sizeOutOfRange(size: Int)
    /// The body decompresses to another size.
    case wrongSize(expected: Int)
    /// The bytes are not exactly one zstd frame, or its checksum is wrong.
    case damaged

    package var description: String {
        switch self {
        case .notDictionary(let id): "the stored dictionary \(id) is not a zstd dictionary with this id"
        case .conflictingDictionary(let id): "there are two different dictionaries with the id \(id)"
        case .unknownDictionary(let id): "a body is compressed with dictionary \(id), which is not known"
        case .sizeOutOfRange(let size): "a compressed body cannot have \(size) bytes"
        case .wrongSize(let expected): "a compressed body does not have the expected \(expected) bytes"
        case .damaged: "a compressed body is damaged"
        }
    }
}
