import Hummingbird
import NIOCore
import NIOHTTP1

extension Request {
    /// The raw bytes of the body, whatever the content type says.
    ///
    /// - Parameters:
    ///   - limit: In bytes.
    ///   - setting: The setting that the limit comes from, to be named when it is exceeded.
    /// - Returns: All of it.
    /// - Throws: ``APIError``: 413 for a body over the limit, as soon as that is known, and 400 for one cut off.
    func bytes(upTo limit: Int, setting: String? = nil) async throws -> [UInt8] {
        let tooLarge = APIError(
            .contentTooLarge,
            .invalidRequest,
            code: "body_too_large",
            "The body is over the limit of \(limit) bytes\(setting.map { " (\($0))" } ?? "").",
            headers: [.connection: "close"]
        )
        // A length that is no Int is one beyond 2^63: the parser lets nothing else through.
        if let length = headers[.contentLength], Int(length).map({ $0 > limit }) ?? true { throw tooLarge }
        do {
            let buffer = try await body.collect(upTo: limit)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch is HTTPParserError {
            throw APIError.malformed
        }
    }
}
