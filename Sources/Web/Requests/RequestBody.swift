import Hummingbird
import NIOCore
import NIOHTTP1

extension Request {
    /// The raw bytes of the body, whatever its content type: 413 as soon as it is known to exceed the
    /// limit, 400 if it breaks off, and 503 while there is no memory for more bodies.
    func bytes(upTo limit: Int, _ context: AppContext, setting: String? = nil) async throws -> [UInt8] {
        var arriving = ArrivingBody(limit: limit, setting: setting, context.bodies)
        try arriving.refuse(length: headers[.contentLength])
        if headers[.expect] != nil { context.channel.triggerUserOutboundEvent(BodyWanted(), promise: nil) }
        defer { arriving.end() }
        do {
            for try await part in body { try arriving.append(part) }
        } catch  where error is HTTPParserError || error is IOError || error is ChannelError {
            // Bytes that are not HTTP, or a client that has gone: neither is an error of the service.
            throw APIError.malformed
        }
        return arriving.bytes
    }
}
