import Hummingbird
import NIOCore
import NIOHTTP1

extension Request {
    /// The raw bytes of the body, whatever its content type: 413 as soon as it is known to exceed the
    /// limit, 400 if it breaks off, and 503 while there is no memory for more bodies.
    func bytes(upTo limit: Int, _ budget: BodyShare, setting: String? = nil) async throws -> [UInt8] {
        try refuseLength(over: limit, setting: setting)
        var bytes: [UInt8] = []
        defer { budget.giveBack(bytes.count) }
        do {
            for try await part in body {
                guard part.readableBytes <= limit - bytes.count else {
                    throw APIError.tooLarge(limit, setting)
                }
                guard budget.take(part.readableBytes, beside: bytes.count) else { throw APIError.noRoom }
                // The bytes are copied, because even a part of one byte keeps the whole buffer alive that it
                // was read into.
                part.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
            }
        } catch  where error is HTTPParserError || error is IOError || error is ChannelError {
            // Bytes that are not HTTP, or a client that has gone: neither is an error of the service.
            throw APIError.malformed
        }
        return bytes
    }

    /// Rejects a body whose `Content-Length` exceeds a limit.
    func refuseLength(over limit: Int, setting: String? = nil) throws(APIError) {
        guard let length = headers[.contentLength] else { return }
        // The parser accepts only digits, so a length that is not an Int is 2^63 or more.
        guard let length = Int(length), length <= limit else { throw .tooLarge(limit, setting) }
    }

    /// Whether the connection can stay open after an answer that was sent before the body: up to 64 KiB are
    /// read and discarded.
    var isSmall: Bool { headers[.contentLength].flatMap { Int($0) }.map { $0 <= 64 << 10 } ?? false }
}

extension APIError {
    fileprivate static func tooLarge(_ limit: Int, _ setting: String?) -> APIError {
        APIError(
            .contentTooLarge,
            "body_too_large",
            "The body is over the limit of \(limit) bytes\(setting.map { " (\($0))" } ?? "").",
            headers: [.connection: "close"]
        )
    }

    static let noRoom = APIError(
        .serviceUnavailable,
        "bodies_in_flight",
        "Too many bodies are being sent at once. Try again in a few seconds.",
        headers: [.retryAfter: "5", .connection: "close"]
    )
}
