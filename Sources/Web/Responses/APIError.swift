import FoundationEssentials
package import HTTPTypes
import Hummingbird

/// An error as every route answers it: Stripe's shape, and an honest status.
package struct APIError: Error, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        case invalidRequest = "invalid_request_error"
        case authentication = "authentication_error"
        case permission = "permission_error"
        case rateLimit = "rate_limit_error"
        case api = "api_error"
    }

    package let status: HTTPResponse.Status
    package let kind: Kind
    package let code: String
    /// A sentence for people that says what to do.
    ///
    /// It repeats nothing of the request.
    package let message: String
    package var parameter: String?
    package var headers: HTTPFields = [:]

    init(
        _ status: HTTPResponse.Status,
        _ kind: Kind,
        code: String,
        _ message: String,
        parameter: String? = nil,
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.kind = kind
        self.code = code
        self.message = message
        self.parameter = parameter
        self.headers = headers
    }
}

extension APIError {
    /// The one answer for what does not exist and for what is somebody else's.
    static func noSuch(_ what: String) -> APIError {
        APIError(
            .notFound,
            .invalidRequest,
            code: "resource_missing",
            "There is no such \(what), or it is not yours to see."
        )
    }

    static func invalid(_ parameter: String, _ message: String) -> APIError {
        APIError(.badRequest, .invalidRequest, code: "parameter_invalid", message, parameter: parameter)
    }

    /// Our own trouble is never the caller's fault: Stripe retries a 503, and so may others.
    static func unavailable(_ message: String) -> APIError {
        APIError(
            .serviceUnavailable,
            .api,
            code: "store_unavailable",
            message,
            headers: [.retryAfter: "5"]
        )
    }
}

/// The body of an error.
private struct ErrorBody: Encodable {
    struct Inner: Encodable {
        let type: APIError.Kind
        let code: String
        let message: String
        let param: String?
        let request_id: String
    }
    let error: Inner
}

extension APIError {
    func response(requestID: String) -> Response {
        var fields = headers
        fields[.contentType] = "application/json; charset=utf-8"
        fields[.cacheControl] = "no-store"
        let body = ErrorBody(
            error: .init(type: kind, code: code, message: message, param: parameter, request_id: requestID)
        )
        return Response(status: status, headers: fields, body: .init(byteBuffer: JSONBody.encode(body)))
    }

    /// The same for a request that never became one, written by hand to the connection.
    func bytes(requestID: String) -> ByteBuffer {
        JSONBody.encode(
            ErrorBody(
                error: .init(
                    type: kind,
                    code: code,
                    message: message,
                    param: parameter,
                    request_id: requestID
                )
            )
        )
    }
}

/// JSON as we answer it.
enum JSONBody {
    static func encode(_ value: some Encodable) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Our answers are strings, integers, booleans and lists of them, so that encoding cannot fail.
        return ByteBuffer(bytes: (try? encoder.encode(value)) ?? Data("{}".utf8))
    }

    static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: encode(value))
        )
    }
}
