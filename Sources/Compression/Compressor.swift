import CZstd

/// Compresses texts with a dictionary; any number of threads may use it at once.
///
/// The result is one standard frame (RFC 8878), which `zstd -d -D DICTIONARY` reads too:
/// * It names its dictionary, in two bytes: a column for the id would take four.
/// * It has no content size, because the row has the size of the text.
/// * It ends with a checksum of four bytes. SQLite has none of its own, and a damaged frame could otherwise
///   decompress to a text of the right size with another amount.
package final class Compressor: Sendable {
    /// The largest body that is compressed, in bytes: the most that `WEBHOOK_MAX_BODY_BYTES` may be.
    package static let largestBody = 64 << 20

    /// Compresses with ``CompressionDictionary/bodies``.
    package static let bodies = Compressor(.bodies)

    /// Compresses with ``CompressionDictionary/snapshots``.
    package static let snapshots = Compressor(.snapshots)

    /// Level 5 would make bodies 7% smaller and take two and a half times as long.
    private static let level: Int32 = 3

    private let contexts: ContextPool<CompressionContext>

    package init(_ dictionary: CompressionDictionary) {
        let encoder = DictionaryEncoder(dictionary, level: Self.level)
        contexts = ContextPool { CompressionContext(encoder) }
    }

    /// Compresses a body; the same body always gives the same bytes.
    ///
    /// - Returns: `nil` if the result would not be smaller than the body: the caller then stores the body as it is.
    ///   A stored body as long as its size is therefore never compressed.
    package func compress(_ body: [UInt8]) -> [UInt8]? {
        guard !body.isEmpty, body.count <= Self.largestBody else { return nil }
        let room = body.count - 1
        var isWhole = false
        let compressed = [UInt8](unsafeUninitializedCapacity: room) { target, count in
            let written = contexts.withContext { context in
                ZSTD_compress2(context.pointer, target.baseAddress, room, body, body.count)
            }
            isWhole = ZSTD_isError(written) == 0
            count = isWhole ? written : 0
        }
        return isWhole ? compressed : nil
    }
}

/// A dictionary in the form in which zstd compresses with it, made once.
private final class DictionaryEncoder: Sendable {
    // Compression only reads it, so sharing is safe, although its type cannot say so.
    nonisolated(unsafe) let pointer: OpaquePointer

    init(_ dictionary: CompressionDictionary, level: Int32) {
        guard let pointer = ZSTD_createCDict(dictionary.content, dictionary.content.count, level) else {
            preconditionFailure("out of memory: the content is known to be a dictionary")
        }
        self.pointer = pointer
    }

    deinit { ZSTD_freeCDict(pointer) }
}

/// The memory of one compression at a time, with all its parameters.
private final class CompressionContext: @unchecked Sendable {
    let pointer: OpaquePointer
    /// The context refers to it, and does not own it.
    private let encoder: DictionaryEncoder

    init(_ encoder: DictionaryEncoder) {
        guard let pointer = ZSTD_createCCtx(),
            ZSTD_isError(ZSTD_CCtx_setParameter(pointer, ZSTD_c_contentSizeFlag, 0)) == 0,
            ZSTD_isError(ZSTD_CCtx_setParameter(pointer, ZSTD_c_checksumFlag, 1)) == 0,
            ZSTD_isError(ZSTD_CCtx_refCDict(pointer, encoder.pointer)) == 0
        else { preconditionFailure("out of memory") }
        self.pointer = pointer
        self.encoder = encoder
    }

    deinit { ZSTD_freeCCtx(pointer) }
}
