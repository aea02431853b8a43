import CZstd

/// A zstd dictionary: what many texts have in common, such as the names of members and their order.
///
/// Ours were trained on made-up events (`deploy/lib/train_dictionary.py`) and contain no personal data.
package struct CompressionDictionary: Sendable {
    /// The id that zstd reads in the content, and that each compressed text names.
    package let id: UInt32
    package let content: [UInt8]
    let decoder: DictionaryDecoder

    /// The dictionary with which this version of the service compresses the bodies of new events.
    package static let bodies = embedded(PackageResources.body_dictionary)

    /// The dictionary with which this version of the service compresses the stored form of objects.
    package static let snapshots = embedded(PackageResources.snapshot_dictionary)

    private static func embedded(_ content: [UInt8]) -> CompressionDictionary {
        guard let dictionary = CompressionDictionary(content) else {
            preconditionFailure(
                "the embedded dictionaries are part of the source code, and a test reads them"
            )
        }
        return dictionary
    }

    /// Takes a dictionary that was stored under its id.
    ///
    /// - Throws: ``CompressionError/notDictionary(id:)`` if the content is no zstd dictionary with this id.
    package init(id: UInt32, content: [UInt8]) throws(CompressionError) {
        guard let dictionary = CompressionDictionary(content), dictionary.id == id else {
            throw .notDictionary(id: id)
        }
        self = dictionary
    }

    /// - Returns: `nil` for bytes that are no zstd dictionary.
    private init?(_ content: [UInt8]) {
        id = ZSTD_getDictID_fromDict(content, content.count)
        guard id != 0, let decoder = DictionaryDecoder(content) else { return nil }
        self.content = content
        self.decoder = decoder
    }
}

/// A dictionary in the form in which zstd decompresses with it, made once.
final class DictionaryDecoder: Sendable {
    // Decompression only reads it, so sharing is safe, although its type cannot say so.
    nonisolated(unsafe) let pointer: OpaquePointer

    init?(_ content: [UInt8]) {
        guard let pointer = ZSTD_createDDict(content, content.count) else { return nil }
        self.pointer = pointer
    }

    deinit { ZSTD_freeDDict(pointer) }
}
