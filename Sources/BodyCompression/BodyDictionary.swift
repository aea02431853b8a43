import CZstd

/// A zstd dictionary for the bodies of Stripe's events.
///
/// It holds what bodies have in common, such as the names of members and their order. It was trained on made-up
/// events (`deploy/lib/train_dictionary.py`) and contains no personal data.
package struct BodyDictionary: Sendable {
    /// The id that zstd reads in the content, and that each compressed body names.
    package let id: UInt32
    package let content: [UInt8]
    let decoder: DictionaryDecoder

    /// The dictionary of this version of the service, which compresses new bodies.
    package static let current: BodyDictionary = {
        guard let dictionary = BodyDictionary(PackageResources.body_dictionary) else {
            preconditionFailure("the embedded dictionary is part of the source code, and a test reads it")
        }
        return dictionary
    }()

    /// Takes a dictionary that was stored under its id.
    ///
    /// - Throws: ``BodyCompressionError/notDictionary(id:)`` if the content is no zstd dictionary with this id.
    package init(id: UInt32, content: [UInt8]) throws(BodyCompressionError) {
        guard let dictionary = BodyDictionary(content), dictionary.id == id else {
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
