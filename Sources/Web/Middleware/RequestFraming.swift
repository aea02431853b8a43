import HTTPTypes
import NIOCore
import NIOHTTP1

extension HTTPRequestHead {
    /// Whether the end and the target of a request are unambiguous.
    ///
    /// NIO's parser treats an empty `Transfer-Encoding` as absent, and takes a body with an unknown coding as
    /// it is. A proxy in front of the service may decide otherwise, and then only one of the two sees a
    /// second request. HTTP/1.1 also requires exactly one `Host`, so that the target is clear (RFC 9112,
    /// 3.2).
    var isFramedBeyondDoubt: Bool {
        let isOld = version == .http1_0
        let hosts = headers["host"].count
        guard hosts == 1 || (isOld && hosts == 0) else { return false }
        let codings = headers["transfer-encoding"]
        return codings.isEmpty || (codings.count == 1 && codings[0].lowercased() == "chunked" && !isOld)
    }
}

extension APIError {
    /// The answer to bytes that are no request, after which the connection closes.
    func lastAnswer() -> (head: HTTPResponseHead, body: ByteBuffer) {
        let requestID = RequestID.make()
        let body = bytes(requestID: requestID)
        let headers: HTTPHeaders = [
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": String(body.readableBytes),
            "Request-Id": requestID,
            "Cache-Control": "no-store",
            "Connection": "close",
        ]
        let status = HTTPResponseStatus(statusCode: self.status.code)
        return (HTTPResponseHead(version: .http1_1, status: status, headers: headers), body)
    }

    /// The answer to a request that the parser rejects.
    static func malformed(_ error: any Error) -> APIError {
        if case .headerOverflow? = error as? HTTPParserError {
            return APIError(
                .requestHeaderFieldsTooLarge,
                "headers_too_large",
                "The request's header fields are larger than this service accepts."
            )
        }
        return .malformed
    }

    /// The answer to a header that does not end.
    static var tooSlow: APIError {
        APIError(
            .requestTimeout,
            "request_timeout",
            "The request's header did not arrive in time.",
            headers: [.connection: "close"]
        )
    }

    /// The answer to bytes that are not valid HTTP.
    static var malformed: APIError {
        APIError(
            .badRequest,
            "http_invalid",
            "These bytes are not a well-formed HTTP request.",
            headers: [.connection: "close"]
        )
    }
}
