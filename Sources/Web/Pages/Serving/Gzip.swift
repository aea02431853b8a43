import CZlib

/// Gzip compression (RFC 1952).
enum Gzip {
    enum Effort: Int32 {
        /// For an answer that a client is waiting for.
        case quick = 6
        /// For a file that is compressed once.
        case thorough = 9
    }

    /// - Parameters:
    ///   - bytes: The bytes to compress; they are copied in memory.
    ///   - effort: The compression level.
    /// - Returns: `nil` if compression fails, such as for lack of memory; the caller then sends the bytes
    ///   uncompressed.
    static func compressed(_ bytes: [UInt8], _ effort: Effort) -> [UInt8]? {
        var stream = z_stream()
        guard czlib_deflate_init_gzip(&stream, effort.rawValue) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        let room = Int(deflateBound(&stream, UInt(bytes.count)))
        guard bytes.count <= UInt32.max, room <= UInt32.max else { return nil }
        var source = bytes
        var isWhole = false
        let compressed = [UInt8](unsafeUninitializedCapacity: room) { target, count in
            source.withUnsafeMutableBufferPointer { source in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(room)
                isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
            count = room - Int(stream.avail_out)
        }
        return isWhole ? compressed : nil
    }
}
