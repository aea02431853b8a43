import Hummingbird
import NIOCore
import NIOHTTP1

extension Request {
    /// The raw bytes of the body, whatever the content type says.
    ///
    /// - Parameters:
    ///   - limit: In bytes.
    ///   - budget: What all bodies share until they have arrived.
    ///   - setting: The setting that the limit comes from, to be named when it is exceeded.
    /// - Returns: All of it.
    /// - Throws: ``APIError``: 413 for a body over the limit, as soon as that is known, 400 for one cut off, and 503 while
    ///   there is no room for more bodies.
    func bytes(upTo limit: Int, _ budget: BodyBudget, setting: String? = nil) async throws -> [UInt8] {
        try refuseLength(over: limit, setting: setting)
        var bytes: [UInt8] = []
        defer { budget.giveBack(bytes.count) }
        do {
            for try await part in body {
                guard part.readableBytes <= limit - bytes.count else {
                    throw APIError.tooLarge(limit, setting)
                }
                guard budget.take(part.readableBytes, beside: bytes.count) else { throw APIError.noRoom }
                // Copied, for a part of one byte holds all of the memory that it was read into.
                part.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
            }
        } catch is HTTPParserError {
            throw APIError.malformed
        }
        return bytes
    }

    /// Refuses a body that says to be over a limit.
    func refuseLength(over limit: Int, setting: String? = nil) throws(APIError) {
        guard let length = headers[.contentLength] else { return }
        // A length that is no Int is one beyond 2^63: the parser lets nothing else through.
        guard let length = Int(length), length <= limit else { throw .tooLarge(limit, setting) }
    }

    /// Whether the connection can go on after an answer that came before the body: the rest of it is read and let go of.
    var isSmall: Bool { headers[.contentLength].flatMap { Int($0) }.map { $0 <= 64 << 10 } ?? false }
}

extension APIError {
    fileprivate static func tooLarge(_ limit: Int, _ setting: String?) -> APIError {
        APIError(
            .contentTooLarge,
            .invalidRequest,
            code: "body_too_large",
            "The body is over the limit of \(limit) bytes\(setting.map { " (\($0))" } ?? "").",
            headers: [.connection: "close"]
        )
    }

    fileprivate static let noRoom = APIError(
        .serviceUnavailable,
        .api,
        code: "bodies_in_flight",
        "Too many bodies are being sent at once. Try again in a few seconds.",
        headers: [.retryAfter: "5", .connection: "close"]
    )
}
