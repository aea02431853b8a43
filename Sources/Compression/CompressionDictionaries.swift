import CZstd
import Synchronization

/// The dictionaries that compressed bodies may name, by id.
package struct CompressionDictionaries: Sendable {
    private var byID: [UInt32: CompressionDictionary]

    /// - Throws: ``CompressionError/conflictingDictionary(id:)``
    package init(_ dictionaries: [CompressionDictionary]) throws(CompressionError) {
        byID = [:]
        for dictionary in dictionaries { self = try adding(dictionary) }
    }

    private init(_ own: CompressionDictionary...) {
        byID = Dictionary(own.map { ($0.id, $0) }) { first, _ in first }
    }

    package subscript(id: UInt32) -> CompressionDictionary? { byID[id] }

    /// The same dictionaries and another one; adding a known dictionary again changes nothing.
    ///
    /// - Throws: ``CompressionError/conflictingDictionary(id:)`` if a different one has its id.
    package func adding(
        _ dictionary: CompressionDictionary
    ) throws(CompressionError) -> CompressionDictionaries {
        if let known = byID[dictionary.id], known.content != dictionary.content {
            throw .conflictingDictionary(id: dictionary.id)
        }
        var all = self
        all.byID[dictionary.id] = dictionary
        return all
    }
}

// MARK: Known to the process

extension CompressionDictionaries {
    private static let registered = Mutex(CompressionDictionaries(.bodies, .snapshots))

    /// All dictionaries that this process has met: its own two, and each that was registered.
    ///
    /// They are process-wide so that the decoder of a row needs no context. This is safe because the set only grows,
    /// and a dictionary is neither secret nor ever changed: which store registered it makes no difference.
    package static var known: CompressionDictionaries { registered.withLock { $0 } }

    /// Adds a dictionary to ``known`` for as long as the process lives.
    ///
    /// - Throws: ``CompressionError/conflictingDictionary(id:)`` if a different one has its id.
    package static func register(_ dictionary: CompressionDictionary) throws(CompressionError) {
        try registered.withLock { known throws(CompressionError) in known = try known.adding(dictionary) }
    }
}

// MARK: Decompression

extension CompressionDictionaries {
    private static let contexts = ContextPool { DecompressionContext() }

    /// Restores a body that ``Compressor/compress(_:)`` made smaller.
    ///
    /// It allocates `size` bytes and no more, whatever the compressed bytes say.
    ///
    /// - Parameters:
    ///   - stored: The compressed body; a body that was stored as it is gets refused.
    ///   - size: The exact size of the body in bytes.
    /// - Returns: The body, of `size` bytes.
    /// - Throws: ``CompressionError``, unless the result is certain: one whole frame with the right checksum,
    ///   whose body has `size` bytes.
    package func decompress(_ stored: [UInt8], size: Int) throws(CompressionError) -> [UInt8] {
        guard (1...Compressor.largestBody).contains(size) else { throw .sizeOutOfRange(size: size) }
        // zstd itself would accept several frames in a row, and skip some.
        guard ZSTD_findFrameCompressedSize(stored, stored.count) == stored.count else { throw .damaged }
        let id = ZSTD_getDictID_fromFrame(stored, stored.count)
        guard let dictionary = byID[id] else { throw .unknownDictionary(id: id) }
        var written = 0
        let body = [UInt8](unsafeUninitializedCapacity: size) { target, count in
            written = Self.contexts.withContext { context in
                ZSTD_decompress_usingDDict(
                    context.pointer,
                    target.baseAddress,
                    size,
                    stored,
                    stored.count,
                    dictionary.decoder.pointer
                )
            }
            count = ZSTD_isError(written) == 0 ? written : 0
        }
        if body.count == size { return body }
        let isOtherSize =
            ZSTD_isError(written) == 0 || ZSTD_getErrorCode(written) == ZSTD_error_dstSize_tooSmall
        throw isOtherSize ? .wrongSize(expected: size) : .damaged
    }
}

/// The memory of one decompression at a time.
private final class DecompressionContext: @unchecked Sendable {
    let pointer: OpaquePointer

    init() {
        guard let pointer = ZSTD_createDCtx() else { preconditionFailure("out of memory") }
        self.pointer = pointer
    }

    deinit { ZSTD_freeDCtx(pointer) }
}
